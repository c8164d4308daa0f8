"""Legal but awkward values are kept, or refused; they never break anything.

Each kind is judged on its own, by all calls that carry it: a value that is accepted must read back as it was sent, a
value that the server cannot keep must be refused with a 4xx, and no later call may fail because of it.
"""

from conformance.catalogue import HELD, Known, Level, Observation, answer_kind, invariant
from conformance.features.values import carries
from conformance.profile import ROLES
from conformance.step import Outcome, Step
from conformance.values import Awkward


def _kept_or_refused(known: Known, step: Step, kind: Awkward) -> Observation | None:
    """Judge one kind of awkward value; where several kinds are in play, none is to blame."""
    alone = step.awkward == {kind}
    if step.operation is None:
        return None
    # If the operation fails without such a value as well, it is not the value that is to blame.
    doubts = frozenset({step.operation.id})
    if alone and step.outcome is Outcome.FAILED:
        if step.status < 300 and not known.world.accepted.any_of(step.operation.id):
            return None  # no other invariant tells of a failure within a success, which any value may have met with
        return Observation(False, "the value kept, or a 4xx", step.got, answer_kind(step), others=doubts)
    if known.poisoned == {kind}:
        expected = "an answer, although the session holds such a value"
        return Observation(False, expected, step.got, answer_kind(step), others=doubts)
    seen = known.keeps(kind, expected="the value as it was sent")
    return HELD if seen is None and alone and step.refused else seen


@invariant(Level.MUST, on=ROLES, applies=carries(Awkward.UNICODE), claims={Awkward.UNICODE})
def unicode_is_kept(known: Known, step: Step) -> Observation | None:
    """Text beyond ASCII MUST be kept as it is, or refused.

    Names, languages and emoji are the first thing that users type.
    """
    return _kept_or_refused(known, step, Awkward.UNICODE)


@invariant(Level.MUST, on=ROLES, applies=carries(Awkward.CONTROL), claims={Awkward.CONTROL})
def control_characters_are_kept(known: Known, step: Step) -> Observation | None:
    """Control characters MUST be kept as they are, or refused.

    Pasted logs and terminal output are full of them.
    """
    return _kept_or_refused(known, step, Awkward.CONTROL)


@invariant(Level.MUST, on=ROLES, applies=carries(Awkward.NUL), claims={Awkward.NUL}, source="RFC 8259, section 7")
def nul_is_kept(known: Known, step: Step) -> Observation | None:
    r"""The character NUL, legal as \u0000, MUST be kept, or refused.

    Several databases cannot store it, and cut the text there or fail.
    """
    return _kept_or_refused(known, step, Awkward.NUL)


@invariant(
    Level.MUST, on=ROLES, applies=carries(Awkward.SURROGATE), claims={Awkward.SURROGATE}, source="RFC 8259, section 8.2"
)
def lone_surrogates_are_kept(known: Known, step: Step) -> Observation | None:
    r"""A lone surrogate, legal as \ud800, MUST be kept, or refused.

    It can be parsed and not be encoded again: a session that holds it can often not be read any more.
    """
    return _kept_or_refused(known, step, Awkward.SURROGATE)


@invariant(Level.MUST, on=ROLES, applies=carries(Awkward.EMPTY), claims={Awkward.EMPTY})
def empty_values_are_kept(known: Known, step: Step) -> Observation | None:
    """Empty strings, objects and arrays MUST be kept, or refused.

    Empty is a value; it is not the same as absent.
    """
    return _kept_or_refused(known, step, Awkward.EMPTY)


@invariant(Level.MUST, on=ROLES, applies=carries(Awkward.LONG), claims={Awkward.LONG}, source="RFC 8259, section 9")
def very_long_text_is_kept(known: Known, step: Step) -> Observation | None:
    """Very long text MUST be kept whole, or refused.

    A column that is too short cuts it silently.
    """
    return _kept_or_refused(known, step, Awkward.LONG)


@invariant(Level.MUST, on=ROLES, applies=carries(Awkward.DEEP), claims={Awkward.DEEP}, source="RFC 8259, section 9")
def deeply_nested_values_are_kept(known: Known, step: Step) -> Observation | None:
    """Deeply nested values MUST be kept whole, or refused.

    Recursive code ends at some depth, and takes the request with it.
    """
    return _kept_or_refused(known, step, Awkward.DEEP)


@invariant(
    Level.MUST, on=ROLES, applies=carries(Awkward.INTEGER), claims={Awkward.INTEGER}, source="RFC 7493, section 2.2"
)
def large_integers_are_kept(known: Known, step: Step) -> Observation | None:
    """Integers beyond 2^53 MUST be kept exactly, or refused.

    Ids of other systems are such numbers, and become other ids when they are rounded.
    """
    return _kept_or_refused(known, step, Awkward.INTEGER)


@invariant(Level.MUST, on=ROLES, applies=carries(Awkward.NUMBER), claims={Awkward.NUMBER}, source="RFC 8259, section 6")
def unusual_numbers_are_kept(known: Known, step: Step) -> Observation | None:
    """Numbers such as 1e999, which a double cannot hold, MUST be kept, or refused.

    They become infinity or null on the way, and an answer that is not JSON.
    """
    return _kept_or_refused(known, step, Awkward.NUMBER)


@invariant(Level.MUST, on=ROLES, applies=carries(Awkward.KEY), claims={Awkward.KEY})
def awkward_keys_are_kept(known: Known, step: Step) -> Observation | None:
    """Member names with dots, slashes, dollar signs, or such as `__proto__`, MUST be kept, or refused.

    Document stores read them as paths or operators.
    """
    return _kept_or_refused(known, step, Awkward.KEY)
