import Symbolication

/// The name of a symbol, made readable.
func fuzzDemangle(_ bytes: [UInt8]) {
    let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    precondition(Demangling.readable(name).utf8.count <= 1 << 17)
}
