# Long random sequences of operations on list, dict and set, checked against simple models: a linked
# copy for lists, lists of pairs for dicts and sorted lists for sets.
import random

random.seed(12345)


def outcome(function, *args):
    try:
        return function(*args)
    except Exception as e:
        return type(e)


def check_lists():
    real, model = [], ()
    for step in range(20000):
        n = len(real)
        op = random.randrange(9)
        a, b = random.randrange(-2, n + 3), random.randrange(-2, n + 3)
        items = tuple(random.randrange(50) for _ in range(random.randrange(5)))
        if op == 0:
            real.append(step)
            model = model + (step,)
        elif op == 1:
            real.insert(a, step)
            at = max(0, n + a) if a < 0 else min(a, n)
            model = model[:at] + (step,) + model[at:]
        elif op == 2 and n:
            at = random.randrange(n)
            assert real.pop(at) == model[at]
            model = model[:at] + model[at + 1:]
        elif op == 3:
            real[a:b] = items
            low, high, _ = slice(a, b).indices(n)
            model = model[:low] + items + model[max(low, high):]
        elif op == 4:
            step_ = random.choice([-3, -2, 2, 3])
            gone = set(range(*slice(a, b, step_).indices(n)))
            del real[a:b:step_]
            model = tuple(x for i, x in enumerate(model) if i not in gone)
        elif op == 5:
            real.reverse()
            model = model[::-1]
        elif op == 6:
            real.extend(items)
            model = model + items
        elif op == 7 and n < 60:
            real *= 2
            model = model * 2
        elif op == 8:
            step_ = random.choice([-2, -1, 1, 2])
            assert tuple(real[a:b:step_]) == model[a:b:step_]
        assert tuple(real) == model and len(real) == len(model)
        if len(real) > 150:
            del real[40:]
            model = model[:40]


class Key:
    # Equal hashes for many different keys.
    def __init__(self, value):
        self.value = value

    def __hash__(self):
        return self.value % 5

    def __eq__(self, other):
        return isinstance(other, Key) and self.value == other.value


def random_key():
    value = random.randrange(60)
    return random.choice([value, Key(value), "s%d" % value, (value, "x"), value + 0.5])


def check_dicts():
    real, model = {}, []

    def find(key):
        for i, pair in enumerate(model):
            if pair[0] == key:
                return i
        return -1

    for step in range(15000):
        op, key = random.randrange(8), random_key()
        i = find(key)
        if op < 3:
            real[key] = step
            if i < 0:
                model.append([key, step])
            else:
                model[i][1] = step
        elif op == 3:
            expected = model.pop(i)[1] if i >= 0 else None
            assert real.pop(key, None) == expected
        elif op == 4:
            assert real.get(key, "none") == (model[i][1] if i >= 0 else "none")
            assert (key in real) == (i >= 0)
        elif op == 5:
            if i < 0:
                model.append([key, step])
                i = len(model) - 1
            assert real.setdefault(key, step) == model[i][1]
        elif op == 6 and model:
            assert list(real.popitem()) == model.pop()
        elif op == 7 and step % 40 == 0:
            real = random.choice([dict.copy, lambda d: {**d}, lambda d: dict(list(d.items()))])(real)
        if step % 50 == 0:
            assert [list(x) for x in real.items()] == model
            assert [x[0] for x in reversed(model)] == list(reversed(real))
            assert len(real) == len(model)


def check_sets():
    real, model = set(), []
    for step in range(15000):
        op, key = random.randrange(8), random.randrange(200)
        other = [random.randrange(250) for _ in range(random.randrange(6))]
        if op < 3:
            real.add(key)
            model = sorted(model + [key] * (key not in model))
        elif op == 3:
            real.discard(key)
            model = [x for x in model if x != key]
        elif op == 4:
            assert (key in real) == (key in model)
        elif op == 5:
            real ^= set(other)
            model = sorted([x for x in model if x not in other] +
                           [x for x in set(other) if x not in model])
        elif op == 6:
            real -= set(other)
            model = [x for x in model if x not in other]
        elif op == 7:
            assert sorted(real | set(other)) == sorted(set(model + other))
            assert sorted(real & set(other)) == [x for x in model if x in other]
            assert real.issuperset(other) == all(x in model for x in other)
            if real:
                model.remove(real.pop())
        if step % 50 == 0:
            assert sorted(real) == model and len(real) == len(model)
            assert hash(frozenset(real)) == hash(frozenset(model))


check_lists()
check_dicts()
check_sets()

# Hashes and orders that programs see.
assert hash((1, 2, 3)) == 529344067295497451
assert hash(()) == 5740354900026072187
assert hash(frozenset([1, 2, 3])) == -272375401224217160
assert list({1, 2, 3, 100, 50, 7, 8, 9, 1000, 33}) == [1, 2, 3, 100, 33, 7, 8, 9, 1000, 50]
removed = set(range(9))
removed.discard(3)
removed.discard(5)
removed.add(35)
assert list(removed) == [0, 1, 2, 4, 35, 6, 7, 8]
assert outcome(lambda: {}[[]]) is TypeError
