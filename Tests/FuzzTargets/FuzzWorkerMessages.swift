import WorkerProtocol

/// A message between tracer and worker, read as either side would; one that is read is written as one that is read as
/// the same.
func fuzzWorkerMessages(_ bytes: [UInt8]) {
    if let request = try? WorkerRequest(parsing: bytes) {
        precondition((try? WorkerRequest(parsing: request.bytes)) == request)
    }
    if let reply = try? WorkerReply(parsing: bytes) {
        precondition((try? WorkerReply(parsing: reply.bytes)) == reply)
    }
}
