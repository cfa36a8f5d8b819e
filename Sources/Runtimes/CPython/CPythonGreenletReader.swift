internal import ProfileModel

/// Reads greenlets, of versions 1 to 3 of the package, from their objects.
struct CPythonGreenletReader {
    /// What a greenlet is at one time.
    struct Fields: Hashable {
        /// Both ends of its part of the native stack: null before it begins and after it has ended, respectively.
        let stackEnd: UInt64
        let stackStart: UInt64
        /// A PyFrameObject; null unless it is suspended.
        let topFrame: UInt64
    }

    let objects: CPythonObjects
    let layout: CPythonLayout
    /// The type that all greenlets have, or one that theirs is derived from.
    let type: CPythonType

    /// `nil` where the interpreter hasn't imported greenlet.
    init?(of interpreter: Address, objects: CPythonObjects, layout: CPythonLayout) throws(RuntimeReadError) {
        for module in ["greenlet._greenlet", "greenlet"] {
            guard let globals = try objects.globals(ofModule: module, in: interpreter, layout),
                let type = try objects.value(of: "greenlet", inDictionary: globals)
            else { continue }
            self.objects = objects
            self.layout = layout
            self.type = try objects.type(at: type)
            return
        }
        return nil
    }

    func fields(of greenlet: Address) throws(RuntimeReadError) -> Fields {
        let top = try topFrame(of: greenlet)
        let bytes = try objects.memory.allBytes(at: top.place.offset(by: -top.distance), count: top.distance + 8)
        return Fields(
            stackEnd: bytes.littleEndianWord(at: 8), stackStart: bytes.littleEndianWord(at: 0),
            topFrame: bytes.littleEndianWord(at: top.distance))
    }

    /// Where the pointer to the topmost frame is, and how far before it the part of the native stack is.
    private func topFrame(of greenlet: Address) throws(RuntimeReadError) -> (place: Address, distance: Int) {
        // Version 1 has all in the object (`PyGreenlet`), later ones a pointer to the rest behind two others.
        guard type.basicSize == 40 else {
            guard type.basicSize > 80 else { throw .implausible(greenlet, expected: "a greenlet of a known version") }
            return (greenlet.offset(by: 72), 56)
        }
        guard let implementation = try objects.memory.pointer(at: greenlet, offset: 32) else {
            throw .implausible(greenlet, expected: "a greenlet")
        }
        // Up to 3.0 it doesn't point back to its greenlet; up to CPython 3.10 the exception's state has two words more.
        let pointsBack = try objects.memory.word(at: implementation, offset: 8) == greenlet.rawValue
        let isEarly = layout.frame.entry == .each
        return (implementation.offset(by: 8 * (12 + (pointsBack ? 1 : 0) + (isEarly ? 2 : 0))), 48)
    }

    /// The frames of a suspended greenlet, the innermost first; `nil` where they can't be those of one.
    func frames(from topFrame: Address, by coroutines: CPythonCoroutines) throws(RuntimeReadError) -> [CPythonFrame]? {
        // `f_back`, `f_frame`.
        let first =
            layout.frame.entry == .each
            ? topFrame : try objects.field(1, of: topFrame)
        var frames: [CPythonFrame] = []
        var next = first
        while let place = next {
            guard frames.count < RuntimeTasks.frameLimit else { return nil }
            let frame = try coroutines.frame(at: place)
            // Taken out of the chain while it is suspended (3.12 and later).
            guard !frame.marksLoop else { return nil }
            frames.append(frame)
            next = frame.previous
        }
        return frames
    }

    /// The last part of a type's name.
    func typeName(of greenlet: Address) -> String? {
        guard let type = try? objects.type(of: greenlet) else { return nil }
        return objects.name(of: type).split(separator: ".").last.map(String.init)
    }
}
