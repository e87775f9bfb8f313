def total(seq, limit):
    result = 0
    for x in seq:
        if x > limit or not x:
            continue
        result += x * 2
    while result > 100:
        result -= 1
    return result
