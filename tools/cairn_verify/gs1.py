"""GS1 identifiers and canonical URIs, SPEC §4.1."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from .refusal import Refused, need

MAX_BYTES = 2048
BASE = "https://id.gs1.org"
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
CSET82 = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"
CSET39 = r"[#\-/0-9A-Z]"
CSET64 = r"[\-0-9A-Z_a-z]"

URI_TEXT = r"[A-Za-z0-9\-._~!#$%&'()*+,/:;=?@\[\]]*"
URN_TEXT = r"(?:[A-Za-z0-9!'()*+,\-.:;=_]|%[0-9A-Fa-f]{2})*"

# Primary key → (form, length of the part that ends in a check digit or None, qualifier lists).
KEYS = {
    "00": (r"\d{18}", 18, ()),
    "01": (r"\d{8}|\d{12,14}", 14, (("22", "10", "21"), ("235",))),
    "253": (r"\d{13}" + CSET82 + "{0,17}", 13, ()),
    "255": (r"\d{13}\d{0,12}", 13, ()),
    "401": (CSET82 + "{1,30}", None, ()),
    "402": (r"\d{17}", 17, ()),
    "414": (r"\d{13}", 13, (("254",), ("7040",))),
    "415": (r"\d{13}", 13, (("8020",),)),
    "417": (r"\d{13}", 13, (("7040",),)),
    "8003": (r"\d{14}" + CSET82 + "{0,16}", 14, ()),
    "8004": (CSET82 + "{1,30}", None, (("7040",),)),
    "8006": (r"\d{14}\d{4}", 14, (("22", "10", "21"),)),
    "8010": (CSET39 + "{1,30}", None, (("8011",),)),
    "8013": (CSET82 + "{1,25}", None, ()),
    "8017": (r"\d{18}", 18, (("8019",),)),
    "8018": (r"\d{18}", 18, (("8019",),)),
}
QUALIFIERS = {
    "22": CSET82 + "{1,20}", "10": CSET82 + "{1,20}", "21": CSET82 + "{1,20}",
    "235": CSET82 + "{1,28}", "254": CSET82 + "{1,20}", "7040": r"\d" + CSET82 + "{3}",
    "8020": CSET82 + "{1,25}", "8011": r"\d{1,12}", "8019": r"\d{1,10}",
}
SHORT_NAMES = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "payTo": "415", "party": "417",
    "sscc": "00", "gdti": "253", "gcn": "255", "ginc": "401", "gsin": "402", "grai": "8003",
    "giai": "8004", "gmn": "8013", "gsrnp": "8017", "gsrn": "8018", "cpv": "22", "lot": "10",
    "ser": "21", "cpsn": "8011", "glnx": "254", "srin": "8019", "refNo": "8020",
}
PREFIX_LED = ("401", "8004", "8010", "8013")
KINDS = {"00": "logistic unit", "414": "site", "417": "organisation",
         "8003": "asset", "8004": "asset"}


@dataclass(frozen=True)
class Identifier:
    """One thing: its canonical URI, kind, batch it mentions, product and ownership digits."""

    uri: str
    kind: str = "other"
    mentioned_batch: str | None = None
    product: str | None = None
    ownership: str | None = None

    def covered_by(self, prefix: str) -> bool:
        """Whether a GS1 company prefix covers this identifier."""
        return self.ownership is not None and self.ownership.startswith(prefix)


def check_digit(body: str) -> str:
    """The GS1 check digit of a body of digits."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body)))
    return str((10 - total % 10) % 10)


GMN_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
GMN_VALUES = ("!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
              "abcdefghijklmnopqrstuvwxyz")
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def _gmn_checked(value: str) -> bool:
    """Whether a global model number ends in its pair of check characters."""
    body, pair = value[:-2], value[-2:]
    total = sum(GMN_VALUES.index(c) * w for c, w in zip(reversed(body), PRIMES)) % 1021
    return pair == GMN_ALPHABET[total >> 5] + GMN_ALPHABET[total & 31]


def percent(value: str) -> str:
    """Percent-encoding as SPEC §4.1 wants it in canonical URIs."""
    return "".join(chr(b) if b in UNRESERVED else f"%{b:02X}" for b in value.encode())


def _unpercent(value: str) -> str:
    try:
        need(re.fullmatch(r"(?:[^%]|%[0-9A-Fa-f]{2})*", value) is not None,
             "identifier.malformed", "broken percent-encoding")
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("identifier.malformed", "percent-encoding is not UTF-8") from None


def _form(pattern: str, value: str) -> bool:
    return re.fullmatch(f"(?:{pattern})", value, re.ASCII) is not None


def _build(key: str, value: str, qualifiers: dict[str, str]) -> Identifier:
    """The identifier of a primary key value and qualifiers whose forms were checked."""
    if key == "01":
        value = value.zfill(14)
    _possible(key, value, qualifiers)
    length = KEYS[key][1]
    if length is not None:
        digits = value[:length]
        need(check_digit(digits[:-1]) == digits[-1], "identifier.check-digit",
             f"check digit of ({key}){value}")
    if key == "8013":
        need(_gmn_checked(value), "identifier.check-digit", f"check characters of (8013){value}")
    kept = {ai: v for ai, v in qualifiers.items() if (ai, v) != ("254", "0") and ai != "22"}
    batch = None
    if "21" in kept and "10" in kept:
        lot = kept.pop("10")
        batch = f"{BASE}/{key}/{value}/10/{percent(lot)}"
    path = f"/{key}/{percent(value)}"
    path += "".join(f"/{ai}/{percent(v)}" for ai, v in kept.items())
    kind, product = KINDS.get(key, "other"), None
    if key == "253":
        kind = "document"
    if key == "01":
        kind = next((k for ai, k in (("21", "item"), ("10", "batch"), ("235", "item"))
                     if ai in kept), "product")
        product = f"{BASE}/01/{value}"
    elif key == "8006":
        kind = "item" if "21" in kept else "batch" if "10" in kept else "product"
        product = BASE + path if kind == "product" else f"{BASE}/01/{value[:14]}"
    elif key == "8010":
        kind = "item" if kept else "product"
        product = BASE + path if kind == "product" else None
    return Identifier(BASE + path, kind, batch, product, _ownership(key, value))


def _possible(key: str, value: str, qualifiers: dict[str, str]) -> None:
    """Refuses values of the right form that no thing has."""
    if key == "8003":
        need(value[0] == "0", "identifier.malformed", "GRAI without its leading zero")
    if key == "8006":
        piece, total = int(value[14:16]), int(value[16:18])
        need(1 <= piece <= total, "identifier.malformed", "piece beyond its total")
    serial = qualifiers.get("8011", "")
    need(serial == "0" or not serial.startswith("0"), "identifier.malformed",
         "CPID serial with a leading zero")


def _ownership(key: str, value: str) -> str | None:
    if key == "01" and value.startswith("000000"):
        return None
    if key in ("01", "8006"):
        return value[1:14]
    if key in ("00", "8003"):
        return value[1:14] if key == "8003" else value[1:]
    return re.match(r"\d*", value, re.ASCII)[0] or None


# EPC URNs. Each scheme: number of parts, and how the parts become key, value and qualifiers.


def _digits(*values: str) -> bool:
    return all(re.fullmatch(r"\d*", v, re.ASCII) for v in values)


def _numeric(prefix: str, rest: str, total: int) -> str:
    """Prefix ‖ rest as a body of `total` digits, check digit added."""
    need(_digits(prefix, rest) and len(prefix + rest) == total,
         "identifier.malformed", "wrong number of digits")
    return prefix + rest + check_digit(prefix + rest)


def _led(prefix: str, rest: str, total: int) -> str:
    """The same where the first digit of the rest goes before the prefix."""
    need(rest != "", "identifier.malformed", "reference is empty")
    return _numeric(rest[0] + prefix, rest[1:], total)


def _urn(scheme: str, parts: list[str]) -> tuple[str, str, dict[str, str]]:
    prefix = parts[0]
    need(_form(r"\d{6,12}", prefix), "identifier.malformed", "company prefix is not 6…12 digits")
    match scheme, parts[1:]:
        case ("sgtin", [ref, serial]):
            return "01", _led(prefix, ref, 13), {"21": serial}
        case ("lgtin", [ref, lot]):
            return "01", _led(prefix, ref, 13), {"10": lot}
        case ("upui", [ref, tpx]):
            return "01", _led(prefix, ref, 13), {"235": tpx}
        case ("sscc", [ref]):
            return "00", _led(prefix, ref, 17), {}
        case ("sgln", [ref, extension]):
            value = _numeric(prefix, ref, 12)
            return "414", value, {} if extension == "0" else {"254": extension}
        case ("pgln", [ref]):
            return "417", _numeric(prefix, ref, 12), {}
        case ("grai", [ref, serial]):
            return "8003", "0" + _numeric(prefix, ref, 12) + serial, {}
        case ("giai", [ref]):
            return "8004", prefix + ref, {}
        case ("gsrn", [ref]):
            return "8018", _numeric(prefix, ref, 17), {}
        case ("gsrnp", [ref]):
            return "8017", _numeric(prefix, ref, 17), {}
        case ("gdti", [ref, serial]):
            return "253", _numeric(prefix, ref, 12) + serial, {}
        case ("sgcn", [ref, serial]):
            return "255", _numeric(prefix, ref, 12) + serial, {}
        case ("cpi", [ref, serial]):
            return "8010", prefix + ref, {"8011": serial}
        case ("ginc", [ref]):
            return "401", prefix + ref, {}
        case ("gsin", [ref]):
            return "402", _numeric(prefix, ref, 16), {}
        case ("itip", [ref, piece, total, serial]):
            need(len(piece) == len(total) == 2, "identifier.malformed", "piece, total: two digits")
            return "8006", _led(prefix, ref, 13) + piece + total, {"21": serial}
    raise Refused("identifier.malformed", f"parts of {scheme}")


# Number of parts; the last one may itself hold dots.
PARTS = {"sgtin": 3, "lgtin": 3, "upui": 3, "sscc": 2, "sgln": 3, "pgln": 2, "grai": 3, "giai": 2,
         "gsrn": 2, "gsrnp": 2, "gdti": 3, "sgcn": 3, "cpi": 3, "ginc": 2, "gsin": 2, "itip": 5}
ID_SCHEMES = frozenset(PARTS) - {"lgtin"}
FORMS = ("id", "class", "idpat")
PATTERN_SCHEMES = frozenset("sgtin grai gdti sgcn cpi itip upui".split())


def _epc(uri: str) -> Identifier | None:
    """The identifier of an EPC URN of a listed scheme; None for other URNs."""
    path = re.match(r"[^?#]*", uri)[0]
    pieces = path.split(":", 4)
    if len(pieces) < 4:
        return None
    form, scheme, rest = pieces[2], pieces[3], "".join(pieces[4:])
    if form not in FORMS or scheme not in PARTS:
        return None
    need(path == uri, "identifier.malformed", "an EPC URN has no query and no fragment")
    known = {"id": ID_SCHEMES, "class": {"lgtin"}, "idpat": PATTERN_SCHEMES}[form]
    need(scheme in known, "identifier.malformed", f"{scheme} has no such form")
    need(_form(URN_TEXT, rest), "identifier.malformed", "characters that a URN must escape")
    written = rest.split(".", PARTS[scheme] - 1)
    parts = [_unpercent(p) for p in written]
    if form == "idpat":
        need(written[-1] == "*", "identifier.malformed", "pattern without final *")
        parts[-1] = "0" if scheme != "upui" else "*"
    key, value, qualifiers = _urn(scheme, parts)
    if form == "idpat":
        if scheme in ("grai", "gdti", "sgcn"):
            value = value[:-1]
        qualifiers = {}
    elif scheme in ("grai", "sgcn", "gdti"):
        need(parts[-1] != "", "identifier.malformed", "serial is empty")
    if scheme in ("giai", "ginc", "cpi"):
        need(parts[1] != "", "identifier.malformed", "reference is empty")
    good = _form(KEYS[key][0], value)
    good = good and all(_form(QUALIFIERS[ai], v) for ai, v in qualifiers.items())
    need(good, "identifier.malformed", f"({key}){value} {qualifiers}")
    return _build(key, value, qualifiers)


def _code(segment: str) -> str:
    """The AI that a segment of a path spells; text that is none stays."""
    try:
        name = _unpercent(segment)
    except Refused:
        return ""
    return SHORT_NAMES.get(name, name)


def _digital_link(uri: str) -> Identifier | None:
    """The identifier of a GS1 Digital Link; None where the path is not of that grammar."""
    match = re.fullmatch(r"https?://([^/?#]+)(/[^?#]*)(?:\?[^#]*)?(?:#.*)?", uri,
                         re.IGNORECASE | re.DOTALL)
    if not match:
        return None
    segments = match[2].split("/")[1:]
    for start in range(len(segments) - 2, -1, -1):
        key = _code(segments[start])
        if key not in KEYS or (len(segments) - start) % 2:
            continue
        try:
            values = [_unpercent(s) for s in segments[start + 1::2]]
        except Refused:
            break
        names = [_code(s) for s in segments[start + 2::2]]
        if key in PREFIX_LED and not _form(r"\d{4}.*", values[0]):
            continue
        if _form(KEYS[key][0], values[0]) and _ordered(key, names):
            if all(_form(QUALIFIERS[n], v) for n, v in zip(names, values[1:])):
                if key == "415" and not names:
                    break
                return _build(key, values[0], dict(zip(names, values[1:])))
    _check_resemblance(match[1], segments)
    return None


def _check_resemblance(authority: str, segments: list[str]) -> None:
    """Refuses what names a key and goes on as only a link does, and other keys at GS1 itself."""
    host = re.sub(r":\d*$", "", authority.rpartition("@")[2]).lower()
    for start, segment in enumerate(segments[:-1]):
        key = _code(segment)
        if key in KEYS:
            like = host == "id.gs1.org" or _goes_on(key, segments[start + 1:])
            need(not like, "identifier.malformed", f"({key}) and then no Digital Link")


def _goes_on(key: str, rest: list[str]) -> bool:
    """Whether a right key is followed by nothing, a qualifier of it, or `linkset`."""
    try:
        value = _unpercent(rest[0])
        good = _form(KEYS[key][0], value) and (key not in PREFIX_LED or _form(r"\d{4}.*", value))
        if not good or len(rest) < 2:
            return False
        if key != "415":
            _build(key, value, {})
    except Refused:
        return False
    following = _code(rest[1])
    return rest[1] in ("", "linkset") or any(following in each for each in KEYS[key][2])


def _ordered(key: str, names: list[str]) -> bool:
    """Whether the qualifiers are some of one list of the key, in the order of the standard."""
    if not names:
        return True
    for allowed in KEYS[key][2]:
        places = [allowed.index(n) if n in allowed else -1 for n in names]
        if places[0] >= 0 and all(a < b for a, b in zip(places, places[1:])):
            return True
    return False


def _other(uri: str) -> str:
    """Scheme and host in lower case, nothing else changed."""
    match = re.match(r"([A-Za-z][A-Za-z0-9+.\-]*):", uri)
    need(match is not None and len(uri) > match.end(), "identifier.malformed",
         "not an absolute URI")
    scheme, rest = match[1].lower(), uri[match.end():]
    if rest.startswith("//"):
        end = min((i for i in (rest.find(c, 2) for c in "/?#") if i >= 0), default=len(rest))
        authority = rest[2:end]
        user, at, host = authority.rpartition("@")
        rest = "//" + user + at + host.lower() + rest[end:]
    return f"{scheme}:{rest}"


def read(uri: str) -> Identifier:
    """Reads any spelling; raises Refused where SPEC §4.1 refuses it."""
    need(type(uri) is str and uri != "", "identifier.malformed", "not a text")
    return _read(uri)


@lru_cache(maxsize=4096)
def _read(uri: str) -> Identifier:
    need(len(uri.encode()) <= MAX_BYTES, "identifier.too-long", "longer than 2,048 bytes")
    need(_form(URI_TEXT, uri), "identifier.malformed", "a character that no URI has")
    need(re.search(r"%(?![0-9A-Fa-f]{2})", uri) is None, "identifier.malformed",
         "broken percent-encoding")
    found = None
    if uri[:8].lower() == "urn:epc:":
        found = _epc(uri)
    elif re.match(r"https?:", uri, re.IGNORECASE):
        authority = re.match(r"https?:(?://([^/?#]*))?", uri, re.IGNORECASE)[1] or ""
        host = authority.rpartition("@")[2]
        need(host[:1] not in ("", ":"), "identifier.malformed", "no host")
        found = _digital_link(uri)
    return found or Identifier(_other(uri))


def canonical(uri: str) -> str:
    """The canonical URI of any spelling."""
    return read(uri).uri


def is_canonical(uri: str) -> bool:
    """Whether a URI is its own canonical form."""
    try:
        return canonical(uri) == uri
    except Refused:
        return False


def account_uri(month: str, site: str, material: str) -> str:
    """The account of a material at a site in a month (SPEC §4.2), from canonical URIs."""
    return f"urn:cairn:account:{month}:{site} {material}"
