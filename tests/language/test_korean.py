"""Particles after names, numbers and words of the protocol."""

from __future__ import annotations

import pytest

from tests.support.particles import PARTICLES
from tftp_fsm.language.korean import chosen_particles, marked_particles, with_particles


@pytest.mark.parametrize("text, fits", PARTICLES)
def test_a_particle_fits_what_stands_before_it(text: str, fits: str) -> None:
    assert with_particles(text) == fits


def test_particles_of_a_name_are_left_alone() -> None:
    marked = marked_particles("{name}을(를)")
    assert chosen_particles(marked.format(name="값은(는)")) == "값은(는)을"
