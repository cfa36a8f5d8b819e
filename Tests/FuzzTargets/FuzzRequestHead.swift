import AgentServer

/// The head of a request, as far as the server reads it itself: a line with the target, and lines with fields.
func fuzzRequestHead(_ bytes: [UInt8]) { RequestHeadParsers.run(on: bytes) }
