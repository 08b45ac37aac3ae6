"""Writes stripe.json and generic.json, the signature cases that the tests run.

The digests are made here, with Python's own hmac module, so that our Rust code
is not checked against itself. The expected verdicts are written by hand.

    python3 generate.py            writes both files
    python3 generate.py --check    fails if a file is not what would be written
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent

SECRET = "whsec_test_secret"
OLD_SECRET = "whsec_the_one_before"
GENERIC = "It's a Secret to Everybody"
NOW = 1700000000
BODY = b'{"test":"ok"}'


def digest(key, message):
    if isinstance(key, str):
        key = key.encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def v1(body=BODY, t=NOW, key=SECRET):
    """Stripe's digest: over the time's text, a full stop and the body."""
    return digest(key, str(t).encode() + b"." + body)


def header(body=BODY, t=NOW, key=SECRET):
    return f"t={t},v1={v1(body, t, key)}"


# Published values. If one of these fails, the script itself is wrong.
PUBLISHED_STRIPE = "c4d0df048d8895c537db6510aa126b27961dee5c9316db779772291588530005"
PUBLISHED_GITHUB = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
PUBLISHED_RFC_4231 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
assert v1() == PUBLISHED_STRIPE
assert digest(GENERIC, b"Hello, World!") == PUBLISHED_GITHUB
assert digest("Jefe", b"what do ya want for nothing?") == PUBLISHED_RFC_4231


class Cases:
    def __init__(self):
        self.cases = []

    def add(self, row, name, reason, *, stripe=(), generic=(), body=BODY,
            stripe_secrets="none", generic_secrets="none", now=NOW, tolerance=300):
        """One case. `reason` is None if the request is to be accepted.

        `stripe` and `generic` are the values of Stripe-Signature and X-Signature,
        one for each time that the header was sent. The secrets are the text of
        the setting. `row` is the row of the table of edge cases.
        """
        self.cases.append({
            "row": row,
            "name": name,
            "stripe_signature": [stripe] if isinstance(stripe, str) else list(stripe),
            "x_signature": [generic] if isinstance(generic, str) else list(generic),
            "body": self.body(body),
            "stripe_secrets": stripe_secrets,
            "signing_secrets": generic_secrets,
            "now": now,
            "tolerance": tolerance,
            "verdict": "reject" if reason else "accept",
            "reason": reason,
        })

    @staticmethod
    def body(body):
        """Text where that says all, else base64; long ones as a repeated part."""
        if isinstance(body, tuple):
            part, times = body
            return {"repeat": part.decode(), "times": times}
        try:
            return {"text": body.decode()}
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(body).decode()}


def stripe_cases():
    file = Cases()

    def case(row, name, reason, value, **more):
        file.add(row, name, reason, stripe=value, **{"stripe_secrets": SECRET, **more})

    good = v1()
    other = digest("whsec_wrong", b"1700000000." + BODY)

    # 0: what a delivery looks like.
    case(0, "published check value", None, f"t=1700000000,v1={PUBLISHED_STRIPE}")
    case(0, "sandbox delivery with a v0 of unknown origin", None, f"t={NOW},v1={good},v0={other}")
    case(0, "wrong secret", "mismatch", header(key="whsec_wrong"))
    case(0, "body changed", "mismatch", header(), body=b'{"test":"no"}')

    case(1, "header missing", "missing_header", [])
    case(1, "header empty", "missing_header", "")
    case(1, "header of blanks", "missing_header", " \t ")

    case(2, "v1 before t", None, f"v1={good},t={NOW}")
    case(2, "unknown keys between", None, f"a=1,v1={good},v9=zz,t={NOW},b=")

    case(3, "several v1, the first fits", None, f"t={NOW},v1={good},v1={other}")
    case(3, "several v1, the last fits", None, f"t={NOW},v1={other},v1={other},v1={good}")
    case(3, "several v1, none fits", "mismatch", f"t={NOW},v1={other},v1={'0' * 64}")
    case(3, "several secrets here, the first fits", None, header(), stripe_secrets=f"{SECRET},{OLD_SECRET}")
    case(3, "several secrets here, the last fits", None, header(), stripe_secrets=f"{OLD_SECRET},{SECRET}")
    case(3, "a secret that is no longer listed", "mismatch", header(), stripe_secrets=OLD_SECRET)

    case(4, "good digest under v0 only", "no_v1", f"t={NOW},v0={good}")
    case(4, "good digest under v2 only", "no_v1", f"t={NOW},v2={good}")
    case(4, "good digest under v10 only", "no_v1", f"t={NOW},v10={good}")
    case(4, "good digest under v0 beside a bad v1", "mismatch", f"t={NOW},v0={good},v1={other}")

    case(5, "space after the comma", None, f"t={NOW}, v1={good}")
    case(5, "tab after the comma", None, f"t={NOW},\tv1={good}")
    case(5, "spaces around the header", None, f"  t={NOW},v1={good}  ")

    case(6, "trailing comma", None, f"t={NOW},v1={good},")
    case(6, "stray commas", None, f",t={NOW},,v1={good}")
    case(6, "bare unknown word", None, f"t={NOW},hello,v1={good}")
    case(6, "bare t and v1 beside real ones", None, f"t,t={NOW},v1,v1={good}")

    case(7, "empty v1 beside a good one", None, f"t={NOW},v1=,v1={good}")
    case(7, "unusable v1 beside a good one", None, f"t={NOW},v1=zz,v1={good}")
    case(7, "empty v1 alone", "no_v1", f"t={NOW},v1=")

    case(8, "non-ASCII text in v1", "no_v1", f"t={NOW},v1=é{good[2:]}")
    case(8, "64 non-ASCII characters in v1", "no_v1", f"t={NOW},v1={'é' * 64}")
    case(8, "64 bytes of non-ASCII text in v1", "no_v1", f"t={NOW},v1={'é' * 32}")

    case(9, "upper-case hex", None, f"t={NOW},v1={good.upper()}")
    case(9, "mixed-case hex", None, f"t={NOW},v1={good[:32].upper()}{good[32:]}")

    for length in (63, 62, 32, 2):
        case(10, f"the first {length} digits", "no_v1", f"t={NOW},v1={good[:length]}")
    case(10, "66 digits", "no_v1", f"t={NOW},v1={good}00")
    case(10, "128 digits", "no_v1", f"t={NOW},v1={good}{good}")

    case(11, "junk after a second = in v1", "no_v1", f"t={NOW},v1={good}=junk")
    case(11, "junk after a second = in t", "malformed", f"t={NOW}=junk,v1={good}")
    case(11, "second = before the value", "malformed", f"t=={NOW},v1={good}")

    case(12, "upper-case keys", "malformed", f"T={NOW},V1={good}")
    case(12, "upper-case V1", "no_v1", f"t={NOW},V1={good}")
    case(12, "semicolons", "malformed", f"t={NOW};v1={good}")
    case(12, "quoted values", "malformed", f't="{NOW}",v1="{good}"')
    case(12, "quoted signature", "no_v1", f't={NOW},v1="{good}"')
    case(12, "sha256= inside", "no_v1", f"t={NOW},v1=sha256={good}")
    case(12, "bare digest", "malformed", good)

    later = NOW + 1
    case(13, "two different t, the first signed", "malformed", f"t={NOW},t={later},v1={good}")
    case(13, "two different t, the last signed", "malformed", f"t={later},t={NOW},v1={good}")
    case(13, "header sent twice", "malformed", [header(), header(t=later)])
    case(13, "header sent twice, one of them stale", "malformed", [header(t=NOW - 9999), header()])

    case(14, "two equal t", "malformed", f"t={NOW},t={NOW},v1={good}")
    case(14, "same header sent twice", "malformed", [header(), header()])

    for text in ("", "NaN", "now", "None"):
        case(15, f"t is {text!r}", "malformed", header(t=text))
    case(15, "no t at all", "malformed", f"v1={good}")

    for text in (f"{NOW}.0", f"{NOW}.5", f"{NOW}s", "1.7e9", "0x6553f100"):
        case(16, f"t is {text!r}", "malformed", header(t=text))

    for text in ("1_700_000_000", "١٧٠٠٠٠٠٠٠٠", "１７００００００００"):
        case(17, f"t is {text!r}", "malformed", header(t=text))

    for text in (f"+{NOW}", f"0{NOW}", f" {NOW}", "0"):
        case(18, f"t is {text!r}", "malformed", header(t=text))
        case(18, f"t is {text!r}, its number signed", "malformed", f"t={text},v1={v1(t=int(text))}")

    for text in ("-1", f"-{NOW}", str(-2**63), str(-2**64)):
        case(19, f"t is {text}", "malformed", header(t=text))

    case(20, "t is 2^63 - 1", "too_far_ahead", header(t=2**63 - 1))
    for text in (str(2**63), str(2**64), str(2**64 + NOW), "9" * 400):
        name = text if len(text) < 30 else f"{len(text)} digits"
        case(20, f"t is {name}", "malformed", header(t=text))

    case(21, "t in milliseconds", "too_far_ahead", header(t=NOW * 1000))
    case(21, "301 s ahead", "too_far_ahead", header(t=NOW + 301))
    case(21, "a year ahead", "too_far_ahead", header(t=NOW + 31536000))

    case(22, "300 s old", None, header(t=NOW - 300))
    case(22, "301 s old", "too_old", header(t=NOW - 301))
    case(22, "t is 1", "too_old", header(t=1))
    case(22, "1 s old with a tolerance of 1", None, header(t=NOW - 1), tolerance=1)
    case(22, "2 s old with a tolerance of 1", "too_old", header(t=NOW - 2), tolerance=1)
    case(22, "old and wrongly signed", "mismatch", header(t=NOW - 301, key="whsec_wrong"))
    case(22, "any age with the largest tolerance", None, header(t=1), tolerance=2**64 - 1)

    case(23, "1 s ahead", None, header(t=NOW + 1))
    case(23, "300 s ahead", None, header(t=NOW + 300))

    old = v1(t=NOW - 9999)
    case(24, "old capture, t replaced by now", "mismatch", f"t={NOW},v1={old}")
    case(24, "old capture, a fresh t added", "malformed", f"t={NOW - 9999},v1={old},t={NOW}")
    case(24, "old capture, a fresh t put first", "malformed", f"t={NOW},t={NOW - 9999},v1={old}")

    signed = b'{"a":1,"b":"\\u00e9"}'
    for name, changed in (
        ("a space added", b'{"a":1, "b":"\\u00e9"}'),
        ("a newline added at the end", signed + b"\n"),
        ("keys in another order", b'{"b":"\\u00e9","a":1}'),
        ("an escape resolved", '{"a":1,"b":"é"}'.encode()),
    ):
        case(25, name, "mismatch", header(signed), body=changed)

    case(26, "byte order mark added", "mismatch", header(), body=b"\xef\xbb\xbf" + BODY)
    case(26, "byte order mark taken away", "mismatch", header(b"\xef\xbb\xbf" + BODY))

    case(27, "U+FFFD signed, a broken byte delivered", "mismatch",
         header('{"a":"\ufffd"}'.encode()), body=b'{"a":"\xff"}')
    case(27, "a broken byte signed, U+FFFD delivered", "mismatch",
         header(b'{"a":"\xff"}'), body='{"a":"\ufffd"}'.encode())

    case(28, "body not UTF-8, signed as sent", None, header(b'{"a":"\xff"}'), body=b'{"a":"\xff"}')
    case(28, "all byte values, signed as sent", None, header(bytes(range(256))), body=bytes(range(256)))

    case(29, "empty body, signed as such", None, header(b""), body=b"")
    case(29, "empty body, something else signed", "mismatch", header(), body=b"")

    case(30, "secret empty, header signed with it", "not_configured", header(key=""), stripe_secrets="")
    case(30, "secret none, header signed with it", "not_configured", header(key="none"), stripe_secrets="none")
    case(30, "secret NONE, header signed with it", "not_configured", header(key="NONE"), stripe_secrets="NONE")
    for name, setting, key in (
        ("a blank", " ", " "),
        ("a newline", "\n", "\n"),
        ("a comma", ",", ""),
        ("a secret and a comma", f"{SECRET},", ""),
        ("a secret and none", f"{SECRET},none", "none"),
        ("the prefix alone", "whsec_", "whsec_"),
    ):
        case(30, f"secret is {name}, header signed with it", "refused_at_start",
             header(key=key), stripe_secrets=setting)

    case(31, "secret setting ends in a newline", None, header(), stripe_secrets=f"{SECRET}\n")
    case(31, "secret setting ends in CR LF", None, header(), stripe_secrets=f"{SECRET}\r\n")
    case(31, "blanks around each secret of a list", None, header(), stripe_secrets=f" {OLD_SECRET} , {SECRET} ")
    case(31, "signed with the newline", "mismatch", header(key=f"{SECRET}\n"), stripe_secrets=f"{SECRET}\n")

    key = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
    case(32, "key without whsec_", "mismatch", header(key=key.removeprefix("whsec_")), stripe_secrets=key)
    case(32, "key decoded from base64", "mismatch",
         header(key=base64.b64decode(key.removeprefix("whsec_"))), stripe_secrets=key)
    case(32, "digest of the body alone", "mismatch", f"t={NOW},v1={digest(SECRET, BODY)}")
    case(32, "signed with the other scheme's secret", "mismatch", header(key=GENERIC), generic_secrets=GENERIC)
    case(32, "the whole list taken for one key", "mismatch",
         header(key=f"{OLD_SECRET},{SECRET}"), stripe_secrets=f"{OLD_SECRET},{SECRET}")

    # Signed was "1700000000" + "." + '5.{"test":"ok"}'.
    split = v1(b"5." + BODY)
    case(33, "the same text split elsewhere", "malformed", f"t={NOW}.5,v1={split}")
    case(33, "split where it was signed", None, f"t={NOW},v1={split}", body=b"5." + BODY)

    long = ('{"name":"Zoë, Łódź, 東京 💶","note":"a\\"b\\\\c\\u00e9"}\r\n'.encode(), 4000)
    assert len(long[0]) * long[1] > 200_000
    case(34, "over 200 KB with non-ASCII names, CR LF and escapes", None, header(long[0] * long[1]), body=long)
    case(34, "the same, one part short", "mismatch", header(long[0] * long[1]), body=(long[0], long[1] - 1))
    return file.cases


def generic_cases():
    file = Cases()

    def case(name, reason, value, **more):
        file.add(None, name, reason, generic=value, **{"generic_secrets": GENERIC, **more})

    good = digest(GENERIC, BODY)
    hello = b"Hello, World!"

    case("published check value: GitHub", None, PUBLISHED_GITHUB, body=hello)
    case("published check value: RFC 4231 case 2", None, PUBLISHED_RFC_4231,
         body=b"what do ya want for nothing?", generic_secrets="Jefe")
    case("JSON body", None, good)
    case("upper-case hex", None, good.upper())
    case("blanks around", None, f" {good}\t")
    case("a minute or a year later", None, good, now=NOW + 31536000)
    case("several secrets, the first fits", None, good, generic_secrets=f"{GENERIC},another")
    case("several secrets, the last fits", None, good, generic_secrets=f"another,{GENERIC}")
    case("secret setting ends in a newline", None, good, generic_secrets=f"{GENERIC}\n")
    case("key longer than a block of SHA-256", None, digest("k" * 200, BODY), generic_secrets="k" * 200)
    case("body not UTF-8, signed as sent", None, digest(GENERIC, b"\xff\x00"), body=b"\xff\x00")
    case("empty body, signed as such", None, digest(GENERIC, b""), body=b"")
    case("a secret that looks like Stripe's is a key like any other", None,
         digest("whsec_abc", BODY), generic_secrets="whsec_abc")

    case("no header", "missing_header", [])
    case("header empty", "missing_header", "")
    case("wrong secret", "mismatch", digest("wrong", BODY))
    case("body changed", "mismatch", good, body=BODY + b"\n")
    case("a secret that is no longer listed", "mismatch", good, generic_secrets="another")
    case("key without whsec_", "mismatch", digest("abc", BODY), generic_secrets="whsec_abc")
    case("signed with Stripe's secret", "mismatch", digest(SECRET, BODY), stripe_secrets=SECRET)
    case("Stripe's digest of t and body", "mismatch", v1(key=GENERIC))

    for length in (63, 62, 32):
        case(f"the first {length} digits", "malformed", good[:length])
    case("66 digits", "malformed", good + "00")
    case("prefix sha256=", "malformed", f"sha256={good}")
    case("what openssl prints before the digest", "malformed", f"SHA2-256(stdin)= {good}")
    case("quoted", "malformed", f'"{good}"')
    case("base64 of the digest", "malformed", base64.b64encode(bytes.fromhex(good)).decode())
    case("64 characters that are no hex", "malformed", "g" * 64)
    case("64 bytes of non-ASCII text", "malformed", "é" * 32)
    case("Stripe's form", "malformed", header(key=GENERIC))
    case("header sent twice", "malformed", [good, good])
    case("header sent twice, one of them wrong", "malformed", ["0" * 64, good])

    case("secret empty, signed with it", "not_configured", digest("", BODY), generic_secrets="")
    case("secret none, signed with it", "not_configured", digest("none", BODY), generic_secrets="none")
    case("secret None, signed with it", "not_configured", digest("None", BODY), generic_secrets="None")
    case("secret a blank, signed with it", "refused_at_start", digest(" ", BODY), generic_secrets=" ")
    case("a comma too many, signed with nothing", "refused_at_start", digest("", BODY),
         generic_secrets=f"{GENERIC},,another")

    # Both headers: Stripe's counts, whatever the other one says.
    both = {"stripe_secrets": SECRET}
    case("both headers, both good: Stripe's counts", None, good, stripe=header(), **both)
    case("both headers, only Stripe's good", None, "0" * 64, stripe=header(), **both)
    case("both headers, only the other good", "mismatch", good, stripe=header(key="whsec_wrong"), **both)
    case("both headers, Stripe's stale", "too_old", good, stripe=header(t=NOW - 301), **both)
    case("both headers, Stripe's empty", "missing_header", good, stripe="", **both)
    case("both headers, no Stripe secret", "not_configured", good, stripe=header())
    case("a Stripe header alone is never judged by the other secret", "not_configured", [],
         stripe=header(key=GENERIC))

    # One secret for both schemes: digests could cross over.
    shared = "whsec_shared"
    case("the same secret in both settings", "refused_at_start", digest(shared, BODY),
         stripe_secrets=shared, generic_secrets=shared)
    case("the same secret somewhere in both lists", "refused_at_start", digest(shared, BODY),
         stripe_secrets=f"{SECRET},{shared}", generic_secrets=f"{shared},another")
    case("the same secret but for a newline", "refused_at_start", digest(shared, BODY),
         stripe_secrets=f"{shared}\n", generic_secrets=shared)
    return file.cases


def main():
    stale = False
    for name, cases in (("stripe", stripe_cases()), ("generic", generic_cases())):
        names = [case["name"] for case in cases]
        assert len(set((case["row"], case["name"]) for case in cases)) == len(names), "two cases share a name"
        path = HERE / f"{name}.json"
        text = json.dumps(cases, indent=1, ensure_ascii=False) + "\n"
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif path.read_text(encoding="utf-8") != text:
            stale = True
            print(f"{path.name} is stale: run generate.py", file=sys.stderr)
    sys.exit(stale)


if __name__ == "__main__":
    main()
