"""Tests of the suite itself: can it fail, and does it fail only when it should?"""
