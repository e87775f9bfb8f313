def handled(x):
    try:
        y = x()
    except ValueError as e:
        return e
    finally:
        x.close()
    return y


def managed(x):
    with x as y:
        return y
