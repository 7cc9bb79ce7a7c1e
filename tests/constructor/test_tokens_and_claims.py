"""What we and the vendor sign. The vectors are literal: other software computes the same bytes."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from edx_proctoring.backends.constructor import claims, tokens
from edx_proctoring.backends.constructor.claims import SessionFacts
from edx_proctoring.backends.constructor.tokens import TokenRefused

from .account import SECRET, make_provider

T1 = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE4OTM0NTYwMzB9._ijsCOHUnaDqCgA5pIWd_U7q3Trkq0PE8p_cMRm4alQ"
OTHER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE4OTM0NTYwMzB9.Hz2Gi6pm_ULdb06i57puRoHRlnCDpkqFtQ5HW8QJP_g"
UNSIGNED = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJleHAiOjE4OTM0NTYwMzB9."
NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)
SESSION = "0123456789abcdef0123456789abcdef"
FACTS = SessionFacts(
    session_id=SESSION,
    session_url=f"https://lms.example.com/api/edx_proctoring/constructor/v1/entry/{SESSION}/",
    user_id="3f786850e387550fdab836ed7e6dc881de23001b",
    exam_id="7b0f7f0c2f9d5d0f9a3f4d6c8e1a2b3c",
    exam_name="Final exam",
    course_name="Demo Course",
    duration=90,
    starts=NEW_YEAR,
    ends=datetime(2030, 1, 2, 12, tzinfo=UTC),
    full_name="Ada Lovelace",
    language="en",
)

pytestmark = pytest.mark.contract("constructor#tokens")


def test_a_token_has_the_bytes_of_the_vector() -> None:
    assert tokens.sign({"exp": 1893456030}, SECRET) == T1


def test_the_vendors_token_is_accepted() -> None:
    assert tokens.verify(f"JWT {T1}", [SECRET], now=NEW_YEAR) == {"exp": 1893456030}


def test_a_token_of_the_former_secret_is_accepted() -> None:
    assert tokens.verify(f"JWT {T1}", ["a-newer-secret-0123456789abcdefgh", SECRET], now=NEW_YEAR)


@pytest.mark.parametrize(
    ("header", "now"),
    [
        pytest.param(f"JWT {OTHER}", NEW_YEAR, id="signed-with-another-secret"),
        pytest.param(f"JWT {UNSIGNED}", NEW_YEAR, id="alg-none"),
        pytest.param(f"JWT {T1}", NEW_YEAR + timedelta(seconds=61), id="expired"),
        pytest.param(f"JWT {T1}", NEW_YEAR - timedelta(minutes=15), id="exp-too-far-ahead"),
        pytest.param(f"Bearer {T1}", NEW_YEAR, id="another-scheme"),
        pytest.param(T1, NEW_YEAR, id="no-scheme"),
        pytest.param("", NEW_YEAR, id="no-header"),
        pytest.param("JWT x.y", NEW_YEAR, id="not-a-token"),
        pytest.param(f"JWT {tokens.sign({}, SECRET)}", NEW_YEAR, id="no-exp"),
        pytest.param(f"JWT {tokens.sign({'exp': True}, SECRET)}", NEW_YEAR, id="exp-is-no-number"),
    ],
)
def test_a_token_is_refused(header: str, now: datetime) -> None:
    with pytest.raises(TokenRefused):
        tokens.verify(header, [SECRET], now=now)


def test_another_algorithm_with_the_right_secret_is_refused() -> None:
    import jwt

    token = jwt.encode({"exp": 1893456030}, SECRET * 2, algorithm="HS512")
    with pytest.raises(TokenRefused):
        tokens.verify(f"JWT {token}", [SECRET * 2], now=NEW_YEAR)


@pytest.mark.parametrize(
    ("seconds", "is_accepted"), [pytest.param(60, True, id="within-the-leeway"), pytest.param(61, False, id="past-it")]
)
def test_clocks_may_differ_by_thirty_seconds(seconds: int, is_accepted: bool) -> None:
    now = NEW_YEAR + timedelta(seconds=seconds)
    if is_accepted:
        assert tokens.verify(f"JWT {T1}", [SECRET], now=now)
    else:
        with pytest.raises(TokenRefused):
            tokens.verify(f"JWT {T1}", [SECRET], now=now)


@pytest.mark.contract("constructor#start-token")
class TestStartToken:
    def test_the_token_has_the_bytes_of_the_vector(self) -> None:
        options = make_provider(account_name="Example University").options
        token = tokens.sign(claims.start_claims(options, FACTS, now=NEW_YEAR), SECRET)
        assert token.rpartition(".")[2] == "CrthlihlLdS04Y4By9D81vQw-djkWfyCR5oFW-AnahA"
        digest = hashlib.sha256(token.encode()).hexdigest()
        assert digest == "2b6216e7a41cd9a35864f580b4332fedd82c2127347d09c4d0ca854ca12a167a"

    def test_dates_may_be_written_as_the_vendors_own_plug_in_does(self) -> None:
        written = claims.start_claims(make_provider(date_format="offset").options, FACTS, now=NEW_YEAR)
        assert written["startDate"] == "2030-01-01T00:00:00+0000"

    def test_personal_data_is_sent_only_as_configured(self) -> None:
        silent = make_provider(send_name=False).options
        talkative = make_provider(send_email=True).options
        facts = SessionFacts(**{**{name: getattr(FACTS, name) for name in FACTS.__slots__}, "email": "a@example.com"})
        assert not {"firstName", "lastName", "email"} & claims.start_claims(silent, facts, now=NEW_YEAR).keys()
        assert claims.start_claims(talkative, facts, now=NEW_YEAR)["email"] == "a@example.com"

    def test_further_claims_cannot_replace_required_ones(self) -> None:
        options = make_provider(extra_claims={"userId": "other", "ldb": True}).options
        made = claims.start_claims(options, FACTS, now=NEW_YEAR)
        assert (made["userId"], made["ldb"]) == (FACTS.user_id, True)

    def test_an_exam_adds_to_the_rules_of_the_account(self) -> None:
        options = make_provider(rules={"allow_voices": True}, mode="offline").options
        facts = SessionFacts(
            **{
                **{name: getattr(FACTS, name) for name in FACTS.__slots__},
                "overrides": {"mode": "online", "rules": {"allow_to_use_books": True}},
                "custom_rules": "Closed book; may stand up",
            }
        )
        made = claims.start_claims(options, facts, now=NEW_YEAR)
        assert made["proctoring"] == "online"
        assert made["rules"] == {
            "allow_voices": True,
            "allow_to_use_books": True,
            "custom_rules": "Closed book; may stand up",
        }

    def test_long_texts_are_cut_to_the_vendors_limits(self) -> None:
        facts = SessionFacts(**{**{name: getattr(FACTS, name) for name in FACTS.__slots__}, "exam_name": "x" * 600})
        assert len(claims.start_claims(make_provider().options, facts, now=NEW_YEAR)["examName"]) == 500

    def test_without_a_due_date_the_session_can_be_taken_for_some_days(self) -> None:
        options = make_provider(window_days=7).options
        assert claims.window_end(None, starts=NEW_YEAR, options=options) == NEW_YEAR + timedelta(days=7)
        assert claims.window_end(NEW_YEAR, starts=NEW_YEAR, options=options) == NEW_YEAR

    def test_a_token_without_end_has_no_exp(self) -> None:
        assert "exp" not in claims.start_claims(make_provider(start_token_ttl=None).options, FACTS, now=NEW_YEAR)

    @pytest.mark.parametrize(
        ("here", "there"),
        [
            ("es-419", "es"),
            ("zh-hans", "zh-cn"),
            ("zh_CN", "zh-cn"),
            ("de-ch", "de-ch"),
            ("pt-br", "pt"),
            ("eo", None),
            (None, None),
        ],
    )
    def test_languages_have_the_vendors_names(self, here: str | None, there: str | None) -> None:
        assert claims.vendor_language(here) == there
