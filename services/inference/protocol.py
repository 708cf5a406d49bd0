"""The old name of services.common.protocol.HeadTimeoutProtocol, for one more release."""

from services.common.protocol import HeadTimeoutProtocol as PatientProtocol

__all__ = ["PatientProtocol"]
