// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

/// A library target of Sonde's own; `dependencies` name only targets above it in the list.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: swiftSettings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: swiftSettings)
}

let package = Package(
    name: "sonde",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        .target(name: "CLinux", path: "CShims/CLinux"),
        .target(
            name: "CLibunwind", path: "CShims/CLibunwind",
            linkerSettings: [.linkedLibrary("unwind-x86_64"), .linkedLibrary("unwind")]),
        .target(
            name: "CElf", path: "CShims/CElf",
            linkerSettings: [.linkedLibrary("lzma"), .linkedLibrary("z")]),
        .target(
            name: "CZydis", path: "CShims/CZydis",
            linkerSettings: [.linkedLibrary("Zydis"), .linkedLibrary("Zycore")]),
        .target(name: "CDemangle", path: "CShims/CDemangle", linkerSettings: [.linkedLibrary("iberty")]),

        room("ProfileModel"),
        room("ProcFS", ["ProfileModel", "CLinux"]),
        room("ObjectFiles", ["ProfileModel", "CLinux", "CElf"]),
        room("PerfEvents", ["ProfileModel", "ProcFS", "CLinux"]),
        room("TargetProcess", ["ProfileModel", "ProcFS", "ObjectFiles", "CLinux"]),
        room("Unwinding", ["ProfileModel", "ObjectFiles", "CLibunwind", "CZydis"]),
        room("Symbolication", ["ProfileModel", "ObjectFiles", "CDemangle"]),
        room(
            "Sampling",
            ["ProfileModel", "ProcFS", "ObjectFiles", "TargetProcess", "PerfEvents", "Unwinding", "CLinux"]),
        room("Profiles", ["ProfileModel"]),
        room(
            "ProfileFormats", ["ProfileModel", "Profiles"],
            resources: [.embedInCode("FlameGraph/flamegraph.css"), .embedInCode("FlameGraph/flamegraph.js")]),
        room("MemoryTrends"),
        .executableTarget(
            name: "sonde",
            dependencies: [
                "ProfileModel", "ProcFS", "ObjectFiles", "TargetProcess", "PerfEvents", "Unwinding", "Symbolication",
                "Sampling", "Profiles", "ProfileFormats", "MemoryTrends", "CLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),
        .executableTarget(name: "sonde-demo-server", swiftSettings: swiftSettings),

        // Not part of the product: what tests share.
        .target(
            name: "TestSupport", dependencies: ["ProfileModel"], path: "Tests/TestSupport",
            swiftSettings: swiftSettings),
        tests("TestSupportTests", ["TestSupport"]),
        tests("ProcFSTests", ["ProcFS", "ProfileModel", "TestSupport"]),
        tests("ObjectFilesTests", ["ObjectFiles", "ProfileModel", "TestSupport"]),
        tests("PerfEventsTests", ["PerfEvents", "ProcFS", "ProfileModel", "TestSupport"]),
        tests("TargetProcessTests", ["TargetProcess", "ProcFS", "ProfileModel", "TestSupport"]),
        tests(
            "UnwindingTests", ["Unwinding", "ObjectFiles", "TargetProcess", "ProcFS", "ProfileModel", "TestSupport"],
            exclude: ["Snapshots"]),
        tests("SymbolicationTests", ["Symbolication", "ObjectFiles", "ProfileModel", "TestSupport"]),
        tests(
            "SamplingTests",
            [
                "Sampling", "PerfEvents", "Symbolication", "TargetProcess", "ObjectFiles", "ProcFS", "ProfileModel",
                "TestSupport",
            ]),
        tests(
            "ProfilesTests", ["Profiles", "ProfileFormats", "ProfileModel", "TestSupport"],
            resources: [.copy("Goldens")]),
        .target(
            name: "TrendFamilies", dependencies: ["MemoryTrends", "TestSupport"], path: "Tests/TrendFamilies",
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "trend-families", dependencies: ["MemoryTrends", "TrendFamilies"], path: "tools/trend-families",
            swiftSettings: swiftSettings),
        tests(
            "MemoryTrendsTests", ["MemoryTrends", "TrendFamilies", "TestSupport"],
            resources: [.copy("Recordings")]),
        tests("CommandTests", ["TestSupport", "ProfileModel"]),
    ]
)
