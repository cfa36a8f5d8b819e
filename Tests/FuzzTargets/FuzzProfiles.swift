import ProfileFormats
import Profiles
import SystemSupport

extension FuzzTarget {
    /// A file in one format, or in the one that is found from its content, compressed or not.
    ///
    /// The input chooses the one step of `ProfileCheck` that is taken with what was read; all are when the corpus is replayed.
    static func profile(name: String, maximumLength: Int, in format: ProfileFormat? = nil) -> FuzzTarget {
        FuzzTarget(
            name: name, maximumLength: maximumLength,
            run: { bytes in check(of: bytes, format)?.run(choosing: FNV1a.hash(bytes)) },
            replay: { bytes in check(of: bytes, format)?.run() })
    }

    /// `nil` for an input that is no profile.
    private static func check(of bytes: [UInt8], _ format: ProfileFormat?) -> ProfileCheck? {
        do throws(ProfileReadingError) {
            guard let format else { return ProfileCheck(try reader.profile(reading: bytes)) }
            return ProfileCheck(try reader.profile(reading: bytes, as: format))
        } catch {
            return nil
        }
    }

    private static let reader = ProfileReader(limits: ProfileLimits(bytes: 1 << 20, rows: 20_000, depth: 500))
}
