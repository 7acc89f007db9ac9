"""What was worked out before a STOP is not sent after it."""

from tests.consent.scenes import ALEX, KIM, PHONE
from tests.consent.stage import Stage


def test_a_flag_that_waits_to_be_cleared_is_not_cleared_after_a_stop():
    stage = Stage()
    cast = stage.cast
    stage.begin("out")

    cast.opt_in(PHONE, 0)
    cast.work_out()
    cast.opt_out(PHONE)
    cast.push("one")
    after_push = [cast.org.contacts[each].flag for each in (ALEX, KIM)]
    cast.work("one")

    assert after_push == [True, True]
    assert [cast.org.contacts[each].flag for each in (ALEX, KIM)] == [True, True]
