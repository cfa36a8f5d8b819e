/// The files that are copied into every flame graph.
enum FlameGraphAssets {
    static var script: String { String(decoding: PackageResources.flamegraph_js, as: UTF8.self) }

    static var styleSheet: String { String(decoding: PackageResources.flamegraph_css, as: UTF8.self) }
}
