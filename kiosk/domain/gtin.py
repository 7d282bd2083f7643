"""GTINs: the digits under a barcode."""

from __future__ import annotations

from kiosk.errors import InvalidValueError

_LENGTHS = (8, 12, 13, 14)


def check_digit(body: str) -> str:
    """Return the GS1 mod-10 check digit of a GTIN's digits without its last one."""
    weighted = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body)))
    return str(-weighted % 10)


def gtin(text: str) -> str:
    """Return `text` as a GTIN of 8, 12, 13 or 14 digits; raise InvalidValueError that shows the expected check digit."""
    code = text.strip()
    if not is_goods(code):
        raise InvalidValueError(f"{text!r} is no GTIN: 8, 12, 13 or 14 digits are expected")
    if expected := misread(code):
        raise InvalidValueError(f"GTIN {code} ends in {code[-1]}, but its check digit is {expected}")
    return code


def is_goods(text: str) -> bool:
    """Return whether a scanned text is as long as a GTIN and all digits: somebody means goods, whether the number is right or not."""
    code = text.strip()
    return code.isascii() and code.isdigit() and len(code) in _LENGTHS


def misread(text: str) -> str:
    """Return the check digit that a scanned code of a GTIN's length should end in, "" when it does so or can be no GTIN."""
    code = text.strip()
    if not is_goods(code):
        return ""
    expected = check_digit(code[:-1])
    return "" if code[-1] == expected else expected


def is_case_of(case: str, piece: str) -> bool:
    """Return whether a GTIN-14 names a case of pieces with this GTIN: an indicator 1 to 8 before the same digits."""
    return len(case) == 14 and case[0] in "12345678" and case[1:13] == piece.zfill(14)[1:13]
