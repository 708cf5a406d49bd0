"""What inference refuses or fails at, beside what both services have in common."""

from services.common.problems import RetryableError, ServiceError


class UnreadableImageError(ServiceError):
    status, code = 400, "unreadable_image"


class BadRequestError(ServiceError):
    status, code = 400, "bad_request"


class UnsupportedImageError(ServiceError):
    status, code = 415, "unsupported_image"


class NoFaceError(ServiceError):
    status, code = 422, "no_face"


class NotReadyError(RetryableError):
    code = "not_ready"


class ModelFileError(RuntimeError):
    """The model file and its card do not belong together, or are not there; the service does not start."""
