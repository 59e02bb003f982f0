"""Workbooks behind a password: recognised, and decrypted into a private copy."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from crmctl.errors import FileError, PasswordNeeded

_CONTAINER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Excel's own, for workbooks that open without asking and are only protected against changes.
_READ_ONLY = "VelvetSweatshop"


def is_container(path: Path) -> bool:
    """The file is an OLE container: an old workbook, or an encrypted new one."""
    with path.open("rb") as file:
        return file.read(len(_CONTAINER)) == _CONTAINER


def decrypted(path: Path, password: str | None, workdir: Path) -> Path:
    """The file itself, or a private copy that needs no password; whoever asked deletes the copy.

    Raises:
        PasswordNeeded: It needs one.
        FileError: The password is wrong, or the file is damaged.
    """
    if not is_container(path):
        return path
    import msoffcrypto
    from msoffcrypto.exceptions import FileFormatError

    with path.open("rb") as file:
        try:
            document = msoffcrypto.OfficeFile(file)
            if not document.is_encrypted():
                return path
        except FileFormatError:
            return path  # an old workbook in a form that only its reader knows
        except Exception:  # the library raises whatever a damaged container leads it to
            raise _broken(path) from None
        handle, name = tempfile.mkstemp(dir=workdir, suffix=".workbook")
        try:
            with os.fdopen(handle, "wb") as copy:
                _decrypt(document, copy, password, path)
        except BaseException:
            Path(name).unlink()
            raise
    return Path(name)


def _decrypt(document: object, copy: object, password: str | None, path: Path) -> None:
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

    try:
        document.load_key(password=_READ_ONLY if password is None else password)  # type: ignore[attr-defined]  # untyped
        document.decrypt(copy)  # type: ignore[attr-defined]  # likewise
    except (InvalidKeyError, DecryptionError):
        if password is None:
            raise PasswordNeeded(
                "{path} is protected by a password",
                cure="give it with --password-file, or in CRMCTL_PASSWORD",
                path=path,
            ) from None
        raise FileError(
            "the password does not open {path}", cure="check it in --password-file or CRMCTL_PASSWORD", path=path
        ) from None
    except OSError:
        raise
    except Exception:  # the library raises whatever a damaged container leads it to
        raise _broken(path) from None


def _broken(path: Path) -> FileError:
    return FileError(
        "{path} is not a sound workbook", cure="open it in Excel or WPS and save it again as .xlsx", path=path
    )
