"""Texts of help('if') and other keywords and topics, by the labels that pydoc uses.

Short ones: what a construct is for and how it is written. The language reference has the rest.
"""

topics = {
    # ---- statements ----
    'assert': '''The "assert" statement

    assert condition
    assert condition, message

Raises AssertionError(message) when the condition is false. With the option
-O assertions are not executed.''',
    'assignment': '''Assignment statements

    target = value
    a, b = pair
    first, *rest = items
    obj.attribute = value
    seq[index] = value
    x = y = value

Binds names to objects, or changes attributes and items of mutable objects.
A list of targets takes the items of an iterable one by one; one target with a
star takes what the others leave.''',
    'augassign': '''Augmented assignment statements

    target += value        (also -= *= @= /= //= %= **= >>= <<= &= ^= |=)

Computes target + value and assigns the result to the target, which is
evaluated once. Mutable objects may change in place.''',
    'assignment-expressions': '''Assignment expressions

    (name := value)

Assigns to a name within an expression and has the value as its result:

    while chunk := file.read(9000):
        process(chunk)''',
    'async': '''Coroutines

    async def name(parameters): ...
    async for target in iterable: ...
    async with manager as target: ...

A function defined with "async def" gives a coroutine when it is called. The
other two forms are allowed only in such functions; they await the methods
__aiter__/__anext__ and __aenter__/__aexit__.''',
    'await': '''The "await" expression

    await awaitable

Suspends a coroutine until the awaitable is done; its result is the result of
the expression. Allowed only in functions defined with "async def".''',
    'break': '''The "break" statement

    break

Ends the innermost "for" or "while" loop. The loop's "else" is not executed.''',
    'class': '''Class definitions

    class Name(Base, ..., metaclass=Meta):
        """Docstring."""
        attribute = value
        def method(self, ...): ...

Executes the body in a new namespace and makes a class of it. Decorators
("@decorator" in the lines before) are applied to the result. Attributes are
looked up in the instance, the class and its bases in the order __mro__.''',
    'continue': '''The "continue" statement

    continue

Goes on with the next round of the innermost "for" or "while" loop.''',
    'del': '''The "del" statement

    del name, obj.attribute, seq[index]

Removes bindings, attributes and items.''',
    'else': '''"else"

After "if": what is done when no condition is true. After "for" and "while": what
is done when the loop ends by itself. After "try": what follows a body without
exceptions.''',
    'in': '''Membership

    x in container   x not in container

Asks container.__contains__(x), or compares the items with x one by one.''',
    'for': '''The "for" statement

    for target in iterable:
        ...
    else:
        ...

Assigns each item of the iterable to the target and executes the body. "else"
is executed when the items are used up, not after "break".''',
    'function': '''Function definitions

    def name(a, b=default, /, c, *args, d, **kwargs) -> annotation:
        """Docstring."""
        ...

Parameters before "/" are positional only, those after "*" keyword only; *args
and **kwargs take what is left. Defaults are evaluated once, at the definition.
Decorators ("@decorator" in the lines before) are applied to the function.''',
    'global': '''The "global" statement

    global name, ...

The names are those of the module, in the whole function.''',
    'nonlocal': '''The "nonlocal" statement

    nonlocal name, ...

The names are those of the nearest enclosing function that binds them.''',
    'if': '''The "if" statement

    if condition:
        ...
    elif condition:
        ...
    else:
        ...

Executes the first part whose condition is true.''',
    'import': '''The "import" statement

    import package.module
    import module as name
    from module import name, other as alias
    from . import sibling
    from module import *

Finds and executes modules that were not imported yet, and binds names to them
or to what is in them. A package is a module that has submodules; its code is in
__init__.py. Leading dots are relative to the package of the importing module.''',
    'lambda': '''Lambdas

    lambda parameters: expression

A function without a name that returns the value of the expression.''',
    'pass': '''The "pass" statement

    pass

Does nothing, where a statement is needed.''',
    'raise': '''The "raise" statement

    raise
    raise exception
    raise exception from cause

Raises an exception: an instance or a class, which is then called. Without one,
the exception that is being handled is raised again. The cause becomes its
__cause__.''',
    'return': '''The "return" statement

    return
    return value

Ends the function with the value, or None. "finally" parts on the way out are
executed.''',
    'try': '''The "try" statement

    try:
        ...
    except Kind as e:
        ...
    else:
        ...
    finally:
        ...

The first "except" part whose class fits an exception of the body is executed;
"except*" handles the parts of exception groups. "else" follows a body without
exceptions. "finally" is executed in any case.''',
    'while': '''The "while" statement

    while condition:
        ...
    else:
        ...

Executes the body as long as the condition is true. "else" is executed when it
is false, not after "break".''',
    'with': '''The "with" statement

    with manager as target, other:
        ...

Calls manager.__enter__() and assigns its result; when the body is left, in
whatever way, calls manager.__exit__(type, value, traceback), which suppresses
an exception when it returns a true value.''',
    'yield': '''The "yield" expression

    yield value
    yield from iterable

Makes the function a generator: it hands the value out and goes on when the next
one is asked for. The result of the expression is what send() was given.''',
    # ---- expressions ----
    'booleans': '''Boolean operations

    not x
    x and y
    x or y

"and" and "or" evaluate their right operand only when the left one does not
decide, and have as result the operand that decided.''',
    'comparisons': '''Comparisons

    < <= > >= == !=     order and equality
    is, is not          the same object
    in, not in          membership

They chain: a < b <= c is a < b and b <= c, with b evaluated once.''',
    'binary': '''Binary arithmetic operations

    x + y   x - y   x * y   x @ y   x / y   x // y   x % y

"/" gives the exact quotient as a float, "//" rounds it down, "%" is the rest
with the sign of y, "@" multiplies matrices.''',
    'bitwise': '''Binary bitwise operations

    x & y   x ^ y   x | y

And, exclusive or, or; of integers bit by bit, of sets intersection, symmetric
difference and union.''',
    'shifting': '''Shifting operations

    x << n   x >> n

x * 2**n and x // 2**n.''',
    'power': '''The power operator

    x ** y

Binds more tightly than a sign on its left, less than one on its right:
-1 ** 2 is -1. pow(x, y, m) computes modulo m.''',
    'unary': '''Unary arithmetic operations

    -x   +x   ~x

~x of an integer is -x - 1.''',
    'conditional': '''Conditional expressions

    x if condition else y''',
    'operator-summary': '''Operator precedence

From the operators that bind least to those that bind most:

    :=
    lambda
    x if c else y
    or
    and
    not x
    in, not in, is, is not, <, <=, >, >=, !=, ==
    |
    ^
    &
    <<, >>
    +, -
    *, @, /, //, %
    +x, -x, ~x
    **
    await x
    x[i], x[i:j], x(...), x.name
    (...), [...], {...}

Operators of one line group from left to right, ** and := from right to left.
The power operator binds less than a sign on its right: 2 ** -1 is 0.5.''',
    'calls': '''Calls

    f(a, b, *iterable, name=value, **mapping)

Positional arguments first; *iterable gives more of them, **mapping more
keyword arguments.''',
    'attribute-references': '''Attribute references

    obj.name

Looks the name up in the instance and its class. Data descriptors of the class
go first; __getattr__ is asked last.''',
    'subscriptions': '''Subscriptions

    obj[key]   obj[a, b]

Calls obj.__getitem__(key); several keys are one tuple. On classes it calls
__class_getitem__.''',
    'slicings': '''Slicings

    seq[start:stop:step]

The items from start up to, not including, stop. Omitted bounds are the ends,
negative ones count from the end.''',
    'exprlists': '''Expression lists

    a, b    (a, b)    a,    ()

Commas make a tuple. *x in the list takes the items of an iterable.''',
    'lists': '''List displays

    [a, b, *others]    [f(x) for x in items if condition]''',
    'dict': '''Dictionary displays

    {key: value, **others}    {f(x): g(x) for x in items}''',
    'set': '''Set displays

    {a, b, *others}    {f(x) for x in items}''',
    'atom-identifiers': '''Names, and private names

A name refers to the object that is bound to it; NameError when there is none.
Within a class, a name that begins with two underscores and does not end so is
private: __name in class C is _C__name.''',
    'atom-literals': '''Literals

Strings, bytes and numbers: 'a' b'a' f'{x}' 1 1.5 1j. See "STRINGS", "INTEGER",
"FLOAT" and "COMPLEX".''',
    'strings': '''String and bytes literals

    'text'  "text"  \'\'\'lines\'\'\'  r'no \\ escapes'  b'bytes'
    f'{value!r:>10}'  t'{value}'

Escapes: \\\\ \\' \\" \\a \\b \\f \\n \\r \\t \\v \\ooo \\xhh, in text also \\N{name}
\\uxxxx \\Uxxxxxxxx. f-strings format expressions, t-strings keep their parts.
Adjacent literals are joined.''',
    'string-methods': '''Methods of strings

See help(str). Among them: split, join, strip, replace, find, startswith,
endswith, format, encode, lower, upper, partition, translate.''',
    'formatstrings': '''Format strings

    {field!conversion:spec}

A field is a name or number with .attribute and [key]; the conversion one of
!s !r !a; the spec [[fill]align][sign][z][#][0][width][grouping][.precision][type]
with align < > ^ =, sign + - or blank, grouping , or _, type
b c d e E f F g G n o s x X %.''',
    'integers': '''Integer literals

    7   0b111   0o7   0xff   1_000_000''',
    'floating': '''Floating-point literals

    3.14   10.   .001   1e100   1_0.5''',
    'imaginary': '''Imaginary literals

    3.14j   1e10j''',
    'numbers': '''Numeric literals: integers, floating-point and imaginary numbers

There are no negative literals; -1 is an expression.''',
    'identifiers': '''Identifiers and keywords

Names consist of letters, digits and underscores, also those of other scripts
(as Unicode defines them; compared in the form NFKC), and do not begin with a
digit. Keywords cannot be names; "match", "case", "type" and "_" are keywords in
their places only.''',
    'id-classes': '''Reserved classes of identifiers

    _x      not imported by "from module import *"
    _       in patterns: anything; at the prompt: the last result
    __x__   defined by the system
    __x     private to a class''',
    # ---- objects ----
    'objects': '''Objects, values and types

Each object has an identity (id()), a type and a value. The value of mutable
objects can change. Objects that cannot be reached any more are removed.''',
    'types': '''The standard types

None, NotImplemented, ...; int, bool, float, complex; str, bytes, tuple and
frozenset (immutable); list, bytearray, dict and set (mutable); functions,
methods, generators, coroutines; classes and modules; code, frame and traceback
objects. Classes define new ones.''',
    'typesseq': '''Sequence types: list, tuple, range, str, bytes

    x in s   s + t   s * n   s[i]   s[i:j:k]   len(s)   min(s)   max(s)
    s.index(x)   s.count(x)''',
    'typesseq-mutable': '''Mutable sequence types: list, bytearray

    s[i] = x   s[i:j] = t   del s[i:j]   s.append(x)   s.extend(t)   s.insert(i, x)
    s.pop(i)   s.remove(x)   s.clear()   s.copy()   s.reverse()   s += t   s *= n''',
    'typesmapping': '''Mapping types: dict

    d[key]   d[key] = value   del d[key]   key in d   len(d)   d | other
    d.get(key, default)   d.setdefault(key, default)   d.pop(key)   d.popitem()
    d.keys()   d.values()   d.items()   d.update(other)   d.clear()   d.copy()

Keys must be hashable. Items stay in the order in which keys were added.''',
    'typesfunctions': '''Functions

Made by "def" and "lambda", and called: f(arguments). Attributes: __name__,
__doc__, __defaults__, __kwdefaults__, __code__, __globals__, __closure__,
__annotations__, __dict__.''',
    'typesmethods': '''Methods

A function found in the class of an object is bound to the object: obj.method(x)
is method(obj, x). Attributes: __self__, __func__.''',
    'typesmodules': '''Modules

Made by "import". m.name reads the module's namespace, m.__dict__.''',
    'bltin-code-objects': '''Code objects

Compiled code, as compile() gives it; executed by exec() and eval(). Functions
have theirs in __code__.''',
    'bltin-type-objects': '''Type objects

type(x) is the type of an object. See also the module "types".''',
    'bltin-null-object': '''None

The only object of its type: what functions without "return" return.''',
    'bltin-ellipsis-object': '''Ellipsis

Written "..."; used in subscripts and as a placeholder.''',
    'specialattrs': '''Special attributes

    object.__dict__  object.__class__  class.__bases__  class.__mro__
    x.__name__  x.__qualname__  x.__module__  x.__doc__''',
    'truth': '''Truth values

False are None, False, zeros, empty strings and containers, objects whose
__bool__() returns False or whose __len__() returns 0. All else is true.''',
    'context-managers': '''Context managers

    object.__enter__(self)
    object.__exit__(self, type, value, traceback)

What "with" calls. The module "contextlib" makes them of generators.''',
    # ---- special methods ----
    'specialnames': '''Special method names

A class says how its objects behave by methods of special names: x + y calls
type(x).__add__(x, y). They are looked up in the class, not in the instance.''',
    'customization': '''Basic customization

    __new__ __init__ __del__ __repr__ __str__ __bytes__ __format__ __hash__
    __bool__ __lt__ __le__ __eq__ __ne__ __gt__ __ge__''',
    'attribute-access': '''Customizing attribute access

    __getattr__(self, name)         when the name was not found otherwise
    __getattribute__(self, name)    always
    __setattr__ __delattr__ __dir__
    __get__ __set__ __delete__ __set_name__    of descriptors
    __slots__                       the only attributes of instances''',
    'callable-types': '''Emulating callable objects

    __call__(self, ...)     x(...)''',
    'sequence-types': '''Emulating container types

    __len__ __length_hint__ __getitem__ __setitem__ __delitem__ __missing__
    __iter__ __reversed__ __contains__''',
    'numeric-types': '''Emulating numeric types

    __add__ __sub__ __mul__ __matmul__ __truediv__ __floordiv__ __mod__
    __divmod__ __pow__ __lshift__ __rshift__ __and__ __xor__ __or__
    __neg__ __pos__ __abs__ __invert__ __complex__ __int__ __float__ __index__
    __round__ __trunc__ __floor__ __ceil__

With r (__radd__) for the right operand, with i (__iadd__) for assignments.''',
    # ---- execution ----
    'execmodel': '''Execution model

A program is made of blocks: modules, functions, classes. Each is executed in a
frame with namespaces. See "NAMESPACES" and "EXCEPTIONS".''',
    'naming': '''Naming and binding

Assignments, "for", "import", "def", "class", "with ... as" and parameters bind
names in the block where they stand. A name is looked up in the function, in
enclosing functions, in the module, among the builtins. Names of a class are not
seen in its methods.''',
    'dynamic-features': '''Interaction with dynamic features

exec() and eval() see the namespaces that they are given, or those of their
caller; not the names of enclosing functions.''',
    'exceptions': '''Exceptions

An exception ends the code block by block until a "try" statement handles it.
Uncaught, it ends the program with a traceback. All derive from BaseException,
those for programs from Exception.''',
    'conversions': '''Arithmetic conversions

When the operands of an arithmetic operation differ in type, an integer becomes
a float, and either becomes complex, as needed.''',
    'compound': '''Compound statements

if, while, for, try, with, match, def, class and their async forms: headers that
end with a colon, and indented blocks.''',
    'debugger': '''The debugger

    breakpoint()
    python -m pdb script.py

Commands: h(elp) n(ext) s(tep) c(ontinue) b(reak) l(ist) p(rint) w(here) u(p)
d(own) r(eturn) q(uit). See help('pdb').''',
}
