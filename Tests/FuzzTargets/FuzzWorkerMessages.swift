import WorkerProtocol

/// A message between tracer and worker, or of the process that downloads debug files, read as either side would; one that is read is written as one that is read as
/// the same.
func fuzzWorkerMessages(_ bytes: [UInt8]) {
    if let requests = try? WorkerRequest.requests(parsing: bytes) {
        precondition((try? WorkerRequest.requests(parsing: WorkerRequest.message(requests))) == requests)
    }
    if let reply = try? WorkerReply(parsing: bytes) {
        precondition((try? WorkerReply(parsing: reply.bytes)) == reply)
    }
    if let reply = try? DownloadReply(parsing: bytes) {
        precondition((try? DownloadReply(parsing: reply.bytes)) == reply)
    }
}
