def match(x):
    match x:
        case 0 | None:
            return 1
        case [a, *_]:
            return a
        case {"k": v} if v:
            return v
        case int(n):
            return n
