"""
What grpcurl does, in another language: learns services and messages from the server by reflection alone, then calls.
Debian: python3-grpcio, python3-protobuf.

    python3 grpcurl.py TARGET list
    python3 grpcurl.py TARGET SERVICE/METHOD JSON [NAME:VALUE …]     an answer a line (-1: the first of a stream); an error as {"code", "message", "details"}
"""
import json
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.internal import decoder

REFLECTION = "grpc.reflection.v1.ServerReflection"


def text(number, value):
    """A string field, as it stands on the wire."""
    raw = value.encode()
    return bytes([number << 3 | 2, len(raw)]) + raw


def parts(raw):
    """The length-delimited fields of a message: (number, bytes)."""
    at = 0
    while at < len(raw):
        tag, at = decoder._DecodeVarint(raw, at)
        length, at = decoder._DecodeVarint(raw, at)
        yield tag >> 3, raw[at : at + length]
        at += length


def ask(channel, request):
    call = channel.stream_stream(f"/{REFLECTION}/ServerReflectionInfo")
    return next(call(iter([request]), timeout=20))


def field(raw, number):
    return [value for at, value in parts(raw) if at == number]


def services(channel):
    (answer,) = field(ask(channel, text(7, "*")), 6)
    return [field(each, 1)[0].decode() for each in field(answer, 1)]


def pool_of(channel, symbol):
    (answer,) = field(ask(channel, text(4, symbol)), 4)
    files = {}
    for raw in field(answer, 1):
        file = descriptor_pb2.FileDescriptorProto.FromString(raw)
        files[file.name] = file
    pool = descriptor_pool.DescriptorPool()

    def add(name):
        file = files.pop(name, None)
        if file:
            for needed in file.dependency:
                add(needed)
            pool.Add(file)

    for name in list(files):
        add(name)
    return pool


def main(target, what, body="{}", *metadata):
    with grpc.insecure_channel(target) as channel:
        if what == "list":
            print(json.dumps(services(channel)))
            return
        service, name = what.split("/")
        pool = pool_of(channel, service)
        method = pool.FindServiceByName(service).methods_by_name[name]
        # protobuf 4 has it as a function, Debian 12's as a method.
        made = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
        request = json_format.ParseDict(json.loads(body), made(method.input_type)())
        response = made(method.output_type)
        streams = descriptor_pb2.MethodDescriptorProto()
        method.CopyToProto(streams)
        call = (channel.unary_stream if streams.server_streaming else channel.unary_unary)(
            f"/{what}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString,
        )
        headers = [tuple(each.split(":", 1)) for each in metadata if ":" in each]
        try:
            answer = call(request, metadata=headers, timeout=30)
            for each in answer if streams.server_streaming else [answer]:
                print(json.dumps(json_format.MessageToDict(each, descriptor_pool=pool)), flush=True)
                if "-1" in metadata:
                    break
        except grpc.RpcError as error:
            trailers = dict(error.trailing_metadata() or ())
            status = trailers.get("grpc-status-details-bin", b"")
            details = []
            for packed in field_of_status(status):
                detail = made(pool.FindMessageTypeByName("barista.v1.ErrorDetail"))
                details.append(json_format.MessageToDict(detail.FromString(packed)))
            print(json.dumps({"code": error.code().name, "message": error.details(), "details": details}))


def field_of_status(raw):
    """The values of the details of a google.rpc.Status: past its code, a varint."""
    if raw:
        _, at = decoder._DecodeVarint(raw, 1)
        for detail in field(raw[at:], 3):
            yield field(detail, 2)[0]


main(*sys.argv[1:])
