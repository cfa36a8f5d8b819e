import Foundation
import ProfileFormats
import ProfileModel
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

    @Test func `Times up to the last bit are read back, and counts that aren't known stay so`() throws {
        var metadata = ProfileMetadata(command: "c", startNanoseconds: .max, durationNanoseconds: .max)
        metadata.counts = nil
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples], shown: .samples)
        let location = builder.location(at: .process(Address(rawValue: 1)), frames: [SampleProfiles.frame("f")])
        var runs = SampleRuns()
        runs.append(SampleRuns.Run(start: 1, end: .max, count: 1 << 62))
        builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [1], runs: runs)
        let profile = builder.finish()
        let read = try ProfileReader().profile(reading: ProfileJSON(profile).bytes)
        #expect(read.metadata == profile.metadata)
        #expect(read.samples.map { $0.runs.all } == [runs.all])
    }
}
