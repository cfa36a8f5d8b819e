package import ObjectFiles
internal import ProfileModel

extension CPythonRuntime {
    /// The CPython that an object file of a process contains; `nil` where it contains none.
    ///
    /// - Parameter bias: what the loader added to the file's addresses.
    package convenience init?(
        in object: ObjectFile, bias: UInt64, memory: any RuntimeMemory
    ) throws(CPythonBuildError) {
        guard let build = try CPythonBuild(of: object) else { return nil }
        self.init(build, in: object, bias: bias, memory: memory)
    }

    private convenience init?(_ build: CPythonBuild, in object: ObjectFile, bias: UInt64, memory: any RuntimeMemory) {
        guard let layout = CPythonObjectLayout(build.version) else { return nil }
        func address(_ address: FileAddress) -> Address { Address(rawValue: address.rawValue &+ bias) }
        let (runtime, head): (Address?, Address) =
            switch build.state {
            case .runtime(let place):
                (address(place), address(place).offset(by: build.layout.runtime?.interpretersHead ?? 0))
            case .variables(let interpretersHead): (nil, address(interpretersHead))
            }
        let objects = CPythonObjects(layout: layout, memory: memory)
        self.init(
            version: build.version, layout: build.layout,
            threads: CPythonThreads(
                layout: build.layout, objects: objects, memory: memory, runtime: runtime, interpretersHead: head),
            loops: build.loop.map { address($0.lowerBound)..<address($0.upperBound) },
            of: object.id,
            reader: CPythonFunctionReader(
                layout: build.layout.code, objects: layout, codeType: build.codeType.map(address), memory: memory),
            memory: memory, summary: RuntimeSummary(build, in: object))
    }
}

extension RuntimeSummary {
    fileprivate init(_ build: CPythonBuild, in object: ObjectFile) {
        let version = build.version
        let facts = (version.isFreeThreaded ? ["free-threaded"] : []) + [object.path]
        let missing = build.layout.lock == nil ? ["who holds the interpreter's lock"] : []
        self.init(name: "Python", version: "\(version)", build: facts, reading: .frames(without: missing))
    }
}
