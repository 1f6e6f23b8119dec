"""The state machine of a session as one table: where it is, what happened, where it goes."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where a session stands. TRIPPED and STOPPED release the pull and are left only by a new session."""

    IDLE = "idle"
    TAKING_UP_SLACK = "taking up slack"
    RAMPING = "ramping"
    HOLDING = "holding"
    RELEASING = "releasing"
    DONE = "done"
    TRIPPED = "tripped"
    STOPPED = "stopped"

    @property
    def pulls(self) -> bool:
        """True while the plan is being followed: the patient may be under tension on purpose."""
        return self in _PULLING

    @property
    def lets_go(self) -> bool:
        """True after a trip or a stop: the command can only fall."""
        return self in (DeliveryState.TRIPPED, DeliveryState.STOPPED)


class Occasion(StrEnum):
    """What can move a session from one state to another."""

    START = "start"
    START_WITHOUT_PULL = "start of a plan without pull"
    RAMP = "a ramp of the plan begins"
    HOLD = "a hold of the plan begins"
    RELEASE = "a release of the plan begins"
    RELEASED = "the plan is over and the pull is gone"
    STOP = "patient or operator asks to stop"
    TRIP = "an interlock does not hold"


_S, _O = DeliveryState, Occasion
_PULLING = (_S.TAKING_UP_SLACK, _S.RAMPING, _S.HOLDING, _S.RELEASING)
_SEGMENTS = {_O.RAMP: _S.RAMPING, _O.HOLD: _S.HOLDING, _O.RELEASE: _S.RELEASING}

TRANSITIONS: dict[DeliveryState, dict[Occasion, DeliveryState]] = {
    _S.IDLE: {
        _O.START: _S.TAKING_UP_SLACK,
        _O.START_WITHOUT_PULL: _S.HOLDING,
        _O.STOP: _S.STOPPED,
        _O.TRIP: _S.TRIPPED,
    },
    _S.TAKING_UP_SLACK: {**_SEGMENTS, _O.STOP: _S.STOPPED, _O.TRIP: _S.TRIPPED},
    _S.RAMPING: {**_SEGMENTS, _O.RELEASED: _S.DONE, _O.STOP: _S.STOPPED, _O.TRIP: _S.TRIPPED},
    _S.HOLDING: {**_SEGMENTS, _O.RELEASED: _S.DONE, _O.STOP: _S.STOPPED, _O.TRIP: _S.TRIPPED},
    _S.RELEASING: {**_SEGMENTS, _O.RELEASED: _S.DONE, _O.STOP: _S.STOPPED, _O.TRIP: _S.TRIPPED},
    _S.TRIPPED: {_O.TRIP: _S.TRIPPED, _O.STOP: _S.TRIPPED},
    _S.STOPPED: {_O.TRIP: _S.STOPPED, _O.STOP: _S.STOPPED},
    _S.DONE: {},
}
"""Every allowed move. What is not in it cannot happen: `after` raises KeyError."""


def after(state: DeliveryState, occasion: Occasion) -> DeliveryState:
    """The state that follows; raises KeyError for a move that the table does not allow."""
    return TRANSITIONS[state][occasion]
