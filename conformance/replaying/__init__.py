"""How is a recording sent again? Its ids are linked to those of the target, its answers are compared, and what was
broken is looked for."""
