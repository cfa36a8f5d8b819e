import Foundation
import ProfileFormats
import Profiles
import Testing

@Suite struct ProfileJSONTests {
    @Test func `Every kind matches the golden`() throws {
        let text = String(decoding: ProfileJSON(SampleProfiles.everyKind).bytes, as: UTF8.self)
        try Goldens.expect(text, equals: "every-kind.json")
    }

    @Test func `Members may be in any order, and more may come`() throws {
        let profile = GeneratedProfile.profile(seed: 2)
        var object = try #require(
            try JSONSerialization.jsonObject(with: Data(ProfileJSON(profile).bytes)) as? [String: Any])
        object["later"] = [["a": [1, [true, false, NSNull()]]]]
        let sorted = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .prettyPrinted])
        let result = try ProfileReader().profile(reading: [UInt8](sorted))
        #expect(ProfileFacts(result, .all) == ProfileFacts(profile, .all))
        #expect(result.metadata == profile.metadata)
    }

    @Test func `Unknown values are null, and never missing`() throws {
        let profile = try ProfileReader().profile(reading: Array("t;a 1\n".utf8))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(ProfileJSON(profile).bytes)) as? [String: Any])
        #expect(object["rate_hertz"] is NSNull && object["start_nanoseconds"] is NSNull)
        #expect((object["threads"] as? [[Any]])?.first?.first is NSNull)
        #expect(object.keys.count == 18)
    }
}
