import Compression
import FoundationEssentials

/// Bytes as scripts in a file read them: gzipped, in base64.
enum CompressedText {
    static func base64(of bytes: [UInt8]) throws(RenderingError) -> String {
        guard let file = Gzip.compressed(bytes, .balanced) else { throw .noMemory }
        return Data(file).base64EncodedString()
    }
}
