import AgentServer

/// The target and the fields of a request's head that Sonde parses itself.
func fuzzRequestHead(_ bytes: [UInt8]) {
    RequestHeadParsers.run(on: bytes)
    // Without a target, so that the first line is a field, too.
    RequestHeadParsers.run(on: [UInt8(ascii: "\n")] + bytes)
}
