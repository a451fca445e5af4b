"""Pushed keys and access keys."""

from asgwarm.local.eic import KeyStore, canonical
from asgwarm.local.keyring import Keyring, new_credential


def test_a_pushed_key_lives_sixty_seconds():
    """By the region's time, and for its instance and user only."""
    now = [1000.0]
    keys = KeyStore(lambda: now[0])
    keys.push("i-1", "ec2-user", "ssh-ed25519 AAAA")

    now[0] = 1059.9
    assert keys.active("i-1", "ec2-user") == ["ssh-ed25519 AAAA"]
    assert keys.active("i-1", "root") == keys.active("i-2", "ec2-user") == []
    now[0] = 1060.0
    assert keys.active("i-1", "ec2-user") == []


def test_several_keys_are_good_at_once_and_a_second_push_renews():
    """Pushing the same key again does not list it twice."""
    now = [0.0]
    keys = KeyStore(lambda: now[0])
    keys.push("i-1", "ec2-user", "a")
    now[0] = 30.0
    keys.push("i-1", "ec2-user", "b")
    keys.push("i-1", "ec2-user", "a")
    assert sorted(keys.active("i-1", "ec2-user")) == ["a", "b"]
    now[0] = 80.0
    assert sorted(keys.active("i-1", "ec2-user")) == ["a", "b"]


def test_the_keys_of_an_ended_instance_are_forgotten():
    """Another boot begins without keys."""
    keys = KeyStore(lambda: 0.0)
    keys.push("i-1", "ec2-user", "a")
    keys.forget("i-1")
    assert keys.active("i-1", "ec2-user") == []


def test_a_key_is_compared_without_its_comment():
    """Type and base64 are the key."""
    assert canonical("ssh-rsa AAAA me@there\n") == "ssh-rsa AAAA"


def test_access_keys_are_random_and_can_be_dropped():
    """A key that was given back opens nothing."""
    one, two = new_credential("i-1", temporary=True), new_credential("user")
    ring = Keyring(lambda key: None)
    ring.add(one)

    assert one.session_token is not None
    assert two.session_token is None
    assert ring.find(one.access_key_id) == one
    assert ring.find(two.access_key_id) is None
    ring.drop(one.access_key_id)
    assert ring.find(one.access_key_id) is None
