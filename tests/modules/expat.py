# pyexpat: handlers, collected text, namespaces, encodings, errors, nested parsers, threads.
import io
import threading
import xml.etree.ElementTree as ElementTree
from xml.parsers import expat


def events(data, names, **options):
    parser = expat.ParserCreate()
    for key, value in options.items():
        setattr(parser, key, value)
    log = []
    for name in names:
        setattr(parser, name + "Handler",
                lambda *args, name=name: log.append((name, *args)) or 1)
    parser.Parse(data, True)
    return log


assert events("<a x='1' y='2'>t<b/><!--c--><?p q?></a>",
              ["StartElement", "EndElement", "CharacterData", "Comment",
               "ProcessingInstruction"]) == [
    ("StartElement", "a", {"x": "1", "y": "2"}), ("CharacterData", "t"), ("StartElement", "b", {}),
    ("EndElement", "b"), ("Comment", "c"), ("ProcessingInstruction", "p", "q"), ("EndElement", "a")]
assert events("<a z='1' y='2'/>", ["StartElement"], ordered_attributes=True) == [
    ("StartElement", "a", ["z", "1", "y", "2"])]
text = "<a>one &amp; two\n&#x20ac;<b/>three</a>"
assert events(text, ["CharacterData"], buffer_text=True) == [
    ("CharacterData", "one & two\n\u20acthree")]
assert events("<!DOCTYPE a [<!ELEMENT a (b|c)*><!ATTLIST a x CDATA 'd'>"
              "<!ENTITY e 'text'><!NOTATION n SYSTEM 's'>]><a>&e;</a>",
              ["ElementDecl", "AttlistDecl", "EntityDecl", "NotationDecl", "StartDoctypeDecl"]) == [
    ("StartDoctypeDecl", "a", None, None, 1),
    ("ElementDecl", "a", (5, 2, None, ((4, 0, "b", ()), (4, 0, "c", ())))),
    ("AttlistDecl", "a", "x", "CDATA", "d", 0),
    ("EntityDecl", "e", 0, "text", None, None, None, None),
    ("NotationDecl", "n", None, "s", None)]
assert events("<?xml version='1.0' encoding='koi8-r'?><a>\u044f</a>".encode("koi8-r"),
              ["XmlDecl", "CharacterData"]) == [
    ("XmlDecl", "1.0", "koi8-r", -1), ("CharacterData", "\u044f")]

parser = expat.ParserCreate(namespace_separator=" ")
names = []
parser.StartElementHandler = lambda name, attributes: names.append(name)
parser.ParseFile(io.BytesIO(b"<x:a xmlns:x='uri'><b/></x:a>"))
assert names == ["uri a", "b"] and parser.CurrentLineNumber == 1

parser = expat.ParserCreate()
try:
    parser.Parse("<a>\n  </b>", True)
except expat.ExpatError as e:
    assert str(e) == "mismatched tag: line 2, column 4"
    assert (e.code, e.lineno, e.offset) == (7, 2, 4)
    assert expat.errors.messages[e.code] == expat.ErrorString(e.code)
else:
    raise AssertionError


def fail(name, attributes):
    raise KeyError(name)


parser = expat.ParserCreate()
parser.StartElementHandler = fail
try:
    parser.Parse("<a><b/></a>", True)
except KeyError as e:
    assert e.args == ("a",)
else:
    raise AssertionError

# An external entity goes to a parser of its own; a handler must not use the running one.
parser = expat.ParserCreate()
seen = []


def external(context, base, system_id, public_id):
    sub = parser.ExternalEntityParserCreate(context)
    sub.CharacterDataHandler = seen.append
    sub.Parse("inner", True)
    try:
        parser.Parse("<x/>")
    except RuntimeError:
        seen.append(system_id)
    return 1


parser.ExternalEntityRefHandler = external
parser.Parse("<!DOCTYPE a [<!ENTITY e SYSTEM 'there'>]><a>&e;</a>", True)
assert seen == ["inner", "there"]

tree = ElementTree.fromstring("<r><i n='1'>x</i><i n='2'/>tail</r>")
assert [i.get("n") for i in tree.iter("i")] == ["1", "2"]
assert ElementTree.tostring(tree) == b'<r><i n="1">x</i><i n="2" />tail</r>'

# Many threads on one parser: one at a time, the others are told.
shared = expat.ParserCreate()
shared.StartElementHandler = lambda *args: None
shared.Parse("<r>")


def work():
    for _ in range(500):
        try:
            shared.Parse("<i/>" * 20)
            shared.buffer_text = not shared.buffer_text
            shared.CharacterDataHandler = len
        except RuntimeError:
            pass


threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
shared.Parse("</r>", True)
