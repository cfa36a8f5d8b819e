import Foundation
import ProcFS
import ProfileModel
import SystemSupport
import TargetProcess
import TestSupport
import Testing

/// The numbers of object files.
@Suite struct TracedObjectsTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func descriptor(_ name: String) throws -> OwnedDescriptor {
        let number = unsafe open(directory.path + "/" + name, O_RDONLY | O_CLOEXEC)
        try #require(number >= 0)
        return OwnedDescriptor(owning: number)
    }

    @Test func `One file has one number, whatever it is called, until it changes`() throws {
        try directory.write("first", to: "program")
        let objects = TracedObjects()
        let first = try #require(objects.add(path: "/program", try descriptor("program"), debugFiles: nil))
        #expect(objects.add(path: "/other", try descriptor("program"), debugFiles: nil) == first)
        #expect(objects.path(of: first) == "/program")
        try directory.write("the second", to: "program")
        #expect(objects.add(path: "/program", try descriptor("program"), debugFiles: nil) != first)
    }

    @Test func `No more object files are kept open than the limit`() throws {
        try directory.write("first", to: "program")
        let objects = TracedObjects(limit: 1)
        let image = objects.add(path: "[vdso]", image: [1, 2, 3])
        #expect(image != nil && objects.add(path: "[vdso]", image: [1, 2, 3]) == image)
        #expect(objects.add(path: "/program", try descriptor("program"), debugFiles: nil) == nil)
    }
}
