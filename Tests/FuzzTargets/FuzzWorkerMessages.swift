import WorkerProtocol

/// Messages between tracer and worker, and those of the processes that download debug files and compare profiles.
///
/// What is read of any bytes can be written, and is the same when it is read again.
func fuzzWorkerMessages(_ bytes: [UInt8]) {
    if let requests = try? WorkerRequest.requests(parsing: bytes) {
        precondition((try? WorkerRequest.requests(parsing: WorkerRequest.message(requests))) == requests)
    }
    if let reply = try? WorkerReply(parsing: bytes) {
        precondition((try? WorkerReply(parsing: reply.bytes)) == reply)
    }
    if let result = try? DiffResult(parsing: bytes) {
        precondition((try? DiffResult(parsing: result.bytes)) == result)
    }
    if let reply = try? DownloadReply(parsing: bytes) {
        precondition((try? DownloadReply(parsing: reply.bytes)) == reply)
    }
}
