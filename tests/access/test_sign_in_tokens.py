import threading
from datetime import UTC, datetime, timedelta

import pytest

from app.access.sign_in_tokens import GOOD_FOR, TokenNotGood, forget_sign_in_tokens, make_sign_in_token, spending

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def spend(data_dir, token, now=NOW):
    with spending(data_dir, token, now):
        pass


def test_makes_another_token_each_time(tmp_path):
    tokens = {make_sign_in_token(tmp_path, NOW) for _ in range(5)}
    assert len(tokens) == 5
    assert {len(token) for token in tokens} == {32}


def test_keeps_tokens_for_us_alone_and_only_their_hashes(tmp_path):
    token = make_sign_in_token(tmp_path, NOW)
    [file] = (tmp_path / "sign-in").iterdir()
    assert (tmp_path / "sign-in").stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert token not in file.name + file.read_text()


def test_spends_a_token_once(tmp_path):
    token = make_sign_in_token(tmp_path, NOW)
    spend(tmp_path, token)
    with pytest.raises(TokenNotGood):
        spend(tmp_path, token)
    assert list((tmp_path / "sign-in").iterdir()) == []


def test_lets_one_of_many_spend_it(tmp_path):
    token = make_sign_in_token(tmp_path, NOW)
    begin, outcomes = threading.Barrier(8), []

    def race():
        begin.wait()
        try:
            spend(tmp_path, token)
        except TokenNotGood:
            outcomes.append("refused")
        else:
            outcomes.append("spent")

    racers = [threading.Thread(target=race) for _ in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["spent"]


def test_leaves_the_token_good_when_what_it_was_for_failed(tmp_path):
    token = make_sign_in_token(tmp_path, NOW)
    with pytest.raises(ConnectionError), spending(tmp_path, token, NOW):
        raise ConnectionError
    spend(tmp_path, token)


def test_lets_nobody_in_while_it_is_being_spent(tmp_path):
    token = make_sign_in_token(tmp_path, NOW)
    with spending(tmp_path, token, NOW), pytest.raises(TokenNotGood):
        spend(tmp_path, token)


def test_is_good_until_it_expires(tmp_path):
    early, late = make_sign_in_token(tmp_path, NOW), make_sign_in_token(tmp_path, NOW)
    spend(tmp_path, early, NOW + GOOD_FOR - timedelta(microseconds=1))
    with pytest.raises(TokenNotGood):
        spend(tmp_path, late, NOW + GOOD_FOR)
    assert list((tmp_path / "sign-in").iterdir()) == []


@pytest.mark.parametrize("token", ["", "x", "../../api-key", "A" * 32, "A" * 33, "é" * 32, "\0" * 32, "A" * 31 + "\n"])
def test_refuses_what_is_no_token_of_ours(tmp_path, token):
    good = make_sign_in_token(tmp_path, NOW)
    with pytest.raises(TokenNotGood):
        spend(tmp_path, token)
    spend(tmp_path, good)


def test_refuses_every_token_where_none_was_ever_made(tmp_path):
    with pytest.raises(TokenNotGood):
        spend(tmp_path / "nowhere", "A" * 32)


def test_forgets_what_was_not_spent(tmp_path):
    token = make_sign_in_token(tmp_path, NOW)
    forget_sign_in_tokens(tmp_path)
    forget_sign_in_tokens(tmp_path)
    with pytest.raises(TokenNotGood):
        spend(tmp_path, token)
