import AgentServer
import MetricFamilies

/// The fields of a request's head that Sonde reads itself.
func fuzzRequestHead(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    for field in text.split(separator: "\n", omittingEmptySubsequences: false) {
        _ = AcceptEncoding(String(field))
        _ = ExpositionFormat(accept: String(field))
    }
}
