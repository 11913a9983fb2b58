"""A pickle can make tensors in containers; whatever else it asks for is refused, by name."""

from __future__ import annotations

import pickletools
import time

import pytest

from handmade import FORMATS, Call, archive, dumps, golden, legacy, tensor, tensor_pickle


def test_the_helpers_make_what_is_read(read_torch):
    assert read_torch(archive(tensor_pickle()))["w"].tolist() == [0, 1, 2, 3, 4, 5]
    assert read_torch(legacy(tensor_pickle(legacy=True)))["w"].tolist() == [0, 1, 2, 3, 4, 5]
    state = Call("collections.OrderedDict", [["w", tensor()]], state={"_metadata": {"": {"version": 1}}})  # as Python 2 wrote
    assert list(read_torch(archive(dumps(state)))) == ["w"]


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("os.system", ("touch {witness}",)),
        ("posix.system", ("touch {witness}",)),
        ("builtins.eval", ("open({witness!r}, 'w')",)),
        ("builtins.exec", ("open({witness!r}, 'w')",)),
        ("__builtin__.getattr", ("", "join")),
        ("subprocess.Popen", (["touch", "{witness}"],)),
        ("numpy.load", ("{witness}",)),
        ("torch.load", ("{witness}",)),
        ("torch.hub.load", ("a/b", "c")),
        ("torch._utils._rebuild_tensor_v2.__globals__", ()),
        ("torch.FloatStorage.__reduce__", ()),
        ("collections.OrderedDict.fromkeys", ("ab",)),
        ("evicam.load", ("{witness}",)),
        ("argparse.Namespace", ()),
    ],
)
@pytest.mark.parametrize("place", ["instead", "beside", "nested", "protocol 4"])
@pytest.mark.parametrize("wrap", [archive, legacy])
def test_code_is_refused_and_named(refused_torch, tmp_path, name, arguments, place, wrap):
    witness = tmp_path / "witness"
    call = Call(name, *(a.format(witness=witness) if isinstance(a, str) else a for a in arguments))
    beside = {"w": tensor(legacy=wrap is legacy), "x": call}
    contents = {"instead": call, "beside": beside, "nested": {"state_dict": {"a": [(call,)]}}}
    if place == "protocol 4":
        module, attribute = name.rsplit(".", 1)
        content = b"\x80\x04" + b"".join(bytes([0x8C, len(t)]) + t.encode() for t in (module, attribute)) + b"\x93)R."
    else:
        content = dumps(contents[place])
    refused_torch(wrap(content), f"its pickle asks for {name}, and only tensors in plain containers")
    assert not witness.exists()


@pytest.mark.parametrize("kind", FORMATS)
def test_whole_models_are_refused_with_advice(refused_torch, kind):
    refused_torch(golden("whole model", kind), r"asks for torch.nn.modules.linear.Linear, .* save model.state_dict\(\) alone")


@pytest.mark.parametrize("operation", "INST OBJ NEWOBJ EXT1 DUP POP PERSID GET NEXT_BUFFER BYTEARRAY8".split())
def test_operations_that_no_state_dict_needs(refused_torch, operation):
    code = next(opcode.code for opcode in pickletools.opcodes if opcode.name == operation).encode("latin-1")
    arguments = {"INST": b"os\nsystem\n", "EXT1": b"\1", "PERSID": b"0\n", "GET": b"0\n", "BYTEARRAY8": bytes(8)}
    content = b"\x80\x05(N" + code + arguments.get(operation, b"") + b"."
    refused_torch(archive(content), f"asks for the operation {operation}, which no state dict")


@pytest.mark.parametrize(
    "content, message",
    [
        (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}b.", "sets the state of torch._utils._rebuild_tensor_v2"),
        (b"\x80\x02ctorch\nFloatStorage\n)R.", "calls a StorageKind with a tuple"),
        (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n]R.", "calls torch._utils._rebuild_tensor_v2 with a list"),
        (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.", "with 0 arguments that do not fit"),
        (b"\x80\x02NNa.", "appends to a NoneType"),
        (b"\x80\x02]NNs.", "sets items of a list"),
        (b"\x80\x02})Ns.", "a dict with the key a tuple"),
        (b"\x80\x02\x8a\xff" + b"\x7f" * 255 + b".", "a whole number of more than 16 bytes"),
        (b"\x80\x02r\xff\xff\xff\xff.", "damaged"),  # a memo of four thousand million entries
        (b"\x80\x02Nr\xff\xff\xff\xff.", "holds a NoneType"),
        (b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7fab.", "asks for the operation BINUNICODE8|damaged"),
        (b"\x80\x02X\xff\xff\xff\x7fab.", "damaged"),
        (b"\x80\x02N", "damaged"),
        (b"", "damaged"),
        (b"\x80\x02.", "damaged"),
        (b"\x80\x02(N.", "holds a NoneType"),
        (b"\x80\x02}.", "holds a dict, not a state dict"),
        (dumps({"w": 1, "x": tensor()}), "other things than tensors: w"),
        (dumps({3: tensor()}), "other things than tensors: 3"),
        (dumps([tensor()]), "holds a list, not a state dict"),
        (dumps({"state_dict": {"a": {"b": tensor()}}}), "other things than tensors: a"),
    ],
)
def test_nonsense_in_pickles(refused_torch, content, message):
    refused_torch(archive(content), message)


def test_nothing_grows_or_recurses(refused_torch):
    """Nested keys overflow the stack of the usual machine, and doubling tuples its memory where they are followed."""
    start = time.perf_counter()
    refused_torch(archive(b"\x80\x02})" + b"\x85" * 300_000 + b"Ns."), "a dict with the key a tuple")
    doubled = b"".join(b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(200))
    refused_torch(archive(b"\x80\x02)" + doubled + b"."), "holds a tuple")
    key = b"(X\7\0\0\0storagectorch\nFloatStorage\n)" + doubled + b"X\3\0\0\0cpuK\6tQ."
    refused_torch(archive(b"\x80\x02" + key), "its storage a tuple is not named")
    assert time.perf_counter() - start < 20
