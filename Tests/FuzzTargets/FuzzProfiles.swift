import ProfileFormats
import Profiles

/// A file in any of the formats of profiles, compressed or not, whose format is found from its content.
func fuzzProfile(_ bytes: [UInt8]) {
    guard let profile = try? reader.profile(reading: bytes) else { return }
    ProfileCheck(profile).run()
}

/// A file in one format.
func fuzzProfile(in format: ProfileFormat) -> @Sendable (_ bytes: [UInt8]) -> Void {
    { bytes in
        guard let profile = try? reader.profile(reading: bytes, as: format) else { return }
        ProfileCheck(profile).run()
    }
}

private let reader = ProfileReader(limits: ProfileLimits(bytes: 1 << 20, rows: 20_000, depth: 500))
