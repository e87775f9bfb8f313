# UUIDs of time: the system's generator, distinct and of version 1.
import _uuid
import uuid

assert _uuid.has_uuid_generate_time_safe == 1
data, safe = _uuid.generate_time_safe()
assert len(data) == 16 and safe in (0, -1)
assert uuid.UUID(bytes=data).version == 1
made = [uuid.uuid1() for _ in range(200)]
assert len(set(made)) == 200
assert len({u.node for u in made}) == 1
assert all(u.version == 1 and u.is_safe in (uuid.SafeUUID.safe, uuid.SafeUUID.unsafe) for u in made)
times = [u.time for u in made]
assert times == sorted(times)
assert 0 < uuid.getnode() < 1 << 48
