# hashlib, hmac and their native modules: known digests, parameters, errors, threads.
import hashlib
import hmac
import threading

import _blake2
import _hashlib
import _hmac
import _md5
import _sha2
import _sha3


def raises(kind, text, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as e:
        assert text in str(e), (text, str(e))
    else:
        raise AssertionError(f"no {kind.__name__}")


# RFC 1321, FIPS 180-4, FIPS 202, RFC 7693.
assert hashlib.md5(b"abc").hexdigest() == "900150983cd24fb0d6963f7d28e17f72"
assert hashlib.sha1(b"abc").hexdigest() == "a9993e364706816aba3e25717850c26c9cd0d89d"
assert hashlib.sha256(b"abc").hexdigest().startswith("ba7816bf8f01cfea414140de5dae2223b00361a3")
assert hashlib.sha3_256(b"abc").hexdigest().startswith("3a985da74fe225b2045c172d6bd390bd855f086e")
assert hashlib.shake_128(b"").hexdigest(16) == "7f9c2ba4e88f827d616045507605853e"
assert hashlib.shake_128(b"").digest(1) == b"\x7f" and hashlib.shake_128().digest(0) == b""
assert hashlib.blake2b(b"abc").hexdigest().startswith("ba80a53f981c4d0d6a2797b69f12f6e94c212f14")
assert hashlib.blake2s(b"abc").hexdigest().startswith("508c5e8c327c14e2e1a72ba34eeb452f37458b20")
assert _blake2.blake2b is hashlib.blake2b and _md5.md5().name == "md5"

# blake2: the plain digests of libcrypto, at all lengths around the size of a block.
for size in [*range(0, 20), 63, 64, 65, 127, 128, 129, 255, 256, 257, 5000]:
    data = bytes(i & 255 for i in range(size))
    for ours, theirs in (("blake2b", "blake2b512"), ("blake2s", "blake2s256")):
        h = getattr(hashlib, ours)()
        for i in range(0, size, 37):
            h.update(data[i:i + 37])
        assert h.digest() == _hashlib.new(theirs, data).digest(), (ours, size)

# The keyed test vector of the BLAKE2 reference.
key = bytes(range(64))
assert hashlib.blake2b(b"", key=key).hexdigest().startswith("10ebb67700b1868efb4417987acf4690ae9d")
tree = hashlib.blake2s(b"x", digest_size=20, salt=b"salt", person=b"me", fanout=2, depth=2,
                       leaf_size=4096, node_offset=3, node_depth=1, inner_size=32, last_node=True)
assert tree.hexdigest() == "a104cd83f89258e6ee10d3d8ddf9cf6f57a0adf6" and tree.digest_size == 20
raises(ValueError, "digest_size must be between 1 and 64 bytes", hashlib.blake2b, digest_size=65)
raises(ValueError, "maximum salt length is 8 bytes", hashlib.blake2s, salt=b"123456789")
raises(OverflowError, "node_offset is too large", hashlib.blake2s, node_offset=1 << 48)

raises(TypeError, "Strings must be encoded before hashing", hashlib.md5, "text")
raises(TypeError, "object supporting the buffer API required", hashlib.sha3_224, 5)
raises(TypeError, "mutually exclusive", _sha2.sha256, b"", string=b"")
raises(ValueError, "unsupported hash type nothing", hashlib.new, "nothing")
raises(ValueError, "value must be positive", _sha3.shake_256().digest, -1)
raises(TypeError, "cannot create '_hashlib.HASH' instances", _hashlib.HASH)

# RFC 4231.
digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
for make in (hmac.new, _hashlib.hmac_new, _hmac.new):
    h = make(b"Jefe", b"what do ya want ", digestmod="sha256")
    h.copy().update(b"something else")
    h.update(b"for nothing?")
    assert h.hexdigest() == digest and h.name == "hmac-sha256"
assert _hmac.compute_sha256(b"Jefe", b"what do ya want for nothing?").hex() == digest
assert hmac.digest(b"k" * 300, b"m", "md5") == hmac.digest(hashlib.md5(b"k" * 300).digest(), b"m",
                                                          "md5")
raises(_hashlib.UnsupportedDigestmodError, "Unsupported digestmod 5", _hashlib.hmac_new, b"",
       digestmod=5)
raises(ValueError, "unsupported hash type", _hashlib.hmac_new, b"", digestmod="shake_128")

# RFC 6070 and RFC 7914.
assert hashlib.pbkdf2_hmac("sha1", b"password", b"salt", 2).hex() == (
    "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957")
assert hashlib.scrypt(b"", salt=b"", n=16, r=1, p=1).hex().startswith("77d6576238657b203b19ca42")
raises(ValueError, "n must be a power of 2.", hashlib.scrypt, b"", salt=b"", n=3, r=1, p=1)

# One object, many threads: whole updates only.
for make in (hashlib.md5, hashlib.blake2b, lambda: hmac.new(b"k", digestmod="sha1")):
    shared = make()

    def work():
        for _ in range(100):
            shared.update(b"x" * 3000)
            shared.digest()
            shared.copy()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    alone = make()
    alone.update(b"x" * 3000 * 400)
    assert shared.digest() == alone.digest()
