import HostWatch
import TestSupport
import Testing

/// The groups that processes have without rules.
@Suite struct DefaultGroupTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func groups(_ rules: [GroupRule] = []) throws -> [Int32: String] {
        var settings = HostWatchSettings()
        settings.rules = rules
        var collector = try host.collector(settings)
        return host.groups(try collector.collect(at: host.time(0)))
    }

    private func group(ofCgroup path: String) throws -> String? {
        try host.add(100, "cmd", cgroup: "0::\(path)\n")
        return try groups()[100]
    }

    @Test(arguments: [
        "/lxc.payload.web1": "container:web1",
        "/lxc.payload.web1/system.slice/nginx.service": "container:web1",
        "/lxc.payload.web1/lxc.payload.db/init.scope": "container:web1",
        "/lxc.monitor.web1": "cmd",
        "/lxc/101/ns/system.slice/nginx.service": "container:101",
        "/lxc.payload/101/init.scope": "container:101",
        "/lxc.monitor/101": "cmd",
        "/machine.slice/systemd-nspawn@web1.service/payload/system.slice/nginx.service": "container:web1",
        "/machine.slice/systemd-nspawn@web1.service/init.scope": "container:web1",
        "/machine.slice/systemd-nspawn@web1.service/supervisor": "systemd-nspawn@web1.service",
        "/machine.slice/machine-web1.scope/payload": "container:web1",
        "/machine.slice/machine-qemu\\x2d1\\x2ddebian12.scope/libvirt/emulator": "container:qemu-1-debian12",
        "/ecs/34dc0b5e626f2c5c4c5170e34b10e765/34dc0b5e626f2c5c4c5170e34b10e765-1234567890":
            "container:34dc0b5e626f2c5c4c5170e34b10e765-1234567890",
        "/ecs/34dc0b5e626f2c5c4c5170e34b10e765": "container:34dc0b5e626f2c5c4c5170e34b10e765",
        "/user.slice/user-1000.slice/user@1000.service/app.slice/lxc-web1.scope/lxc.payload.web1":
            "container:1000/web1",
        "/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:"
            + String(repeating: "0123456789abcdef", count: 4): "0123456789ab",
        "/lxc.payload.web1/docker/" + String(repeating: "0123456789abcdef", count: 4): "0123456789ab",
        "/system.slice/lxc.service": "lxc.service", "/batch/lxc/101": "cmd",
    ])
    func `Containers of every engine are groups of their own`(path: String, group: String) throws {
        #expect(try self.group(ofCgroup: path) == group)
    }

    @Test func `What runs in a container is in no unit of the host`() throws {
        try host.add(10, "nginx", cgroup: "0::/system.slice/nginx.service\n")
        try host.add(11, "nginx", cgroup: "0::/lxc.payload.web1/system.slice/nginx.service\n")
        var rule = GroupRule(name: "{{.Unit}}|{{.Container}}")
        rule.commands = ["nginx"]
        #expect(try groups() == [10: "nginx.service", 11: "container:web1"])
        #expect(try groups([rule]) == [10: "nginx.service|", 11: "|web1"])
        rule.container = "web"
        #expect(try groups([rule]) == [10: "nginx.service", 11: "|web1"])
    }

    @Test(arguments: [
        "sshd@12-10.0.0.1:22-10.0.0.2:51044": "sshd@", "sshd@3-fe80::1:22-fe80::2:51044": "sshd@",
        "sshd@0-4711-10.0.0.1:22-10.0.0.2:51044": "sshd@", "sshd@1-9-2:22-3:1023": "sshd@",
        "systemd-coredump@3-1234-1000": "systemd-coredump@", "varlink@3-77-1234_99-0": "varlink@",
        "varlink@3-77-1234-0": "varlink@", "varlink@3-unknown": "varlink@", "varlink@3-77-unknown": "varlink@",
        "postgresql@15-main": "postgresql@15-main", "backup@2026-01-02": "backup@2026-01-02",
        "worker@1": "worker@1", "worker@1-2": "worker@1-2", "openvpn@client-eu-1": "openvpn@client-eu-1",
        "sync@1-a:1-b:x": "sync@1-a:1-b:x", "cache@7-127.0.0.1:6379": "cache@7-127.0.0.1:6379",
    ])
    func `A unit for each connection is one group, and a template's instances are several`(
        unit: String, group: String
    ) throws {
        #expect(try self.group(ofCgroup: "/system.slice/\(unit).service") == "\(group).service")
    }

    struct Run: Sendable {
        let executable: String
        let arguments: [String]
        let group: String
        var command = "main"

        init(_ executable: String, _ arguments: [String], _ group: String, command: String = "main") {
            self.executable = executable
            self.arguments = arguments
            self.group = group
            self.command = command
        }
    }

    private static let runs = [
        Run(
            "python3.11", ["python3", "-u", "-W", "ignore", "/srv/shop/manage.py", "runserver", "secret"], "manage.py"),
        Run("python3.11", ["/srv/venv/bin/python", "-Im", "http.server", "8080"], "http.server"),
        Run("python3.11", ["/usr/bin/python3", "/usr/bin/uvicorn", "--port", "80", "app:app"], "uvicorn app:app"),
        Run(
            "python3.12", ["python", "-m", "gunicorn", "-b", "localhost:80", "--reload", "shop.wsgi:app"],
            "gunicorn shop.wsgi:app"),
        Run("python3.11", ["gunicorn: worker [shop.wsgi:app]"], "gunicorn shop.wsgi:app", command: "gunicorn"),
        Run("python3.11", ["python3", "/usr/bin/celery", "-A", "shop", "worker"], "celery shop"),
        Run("python3.13t", ["python3.13t", "/srv/serve.py", "secret"], "serve.py"),
        Run("python3.14d", ["/opt/python3.14d", "-m", "shop"], "shop"),
        Run("pypy3.10-c", ["pypy3", "/srv/serve.py"], "serve.py"),
        Run("pypy3.10", ["pypy3", "-m", "shop.worker"], "shop.worker"),
        Run("python3.12", ["/srv/venv/bin/python3", "-X", "dev", "-m", "shop.serve", "x"], "shop.serve"),
        Run(
            "python3.12", ["python", "-Xdev", "-OO", "-m", "uvicorn", "shop:app", "--workers", "4"], "uvicorn shop:app"),
        Run(
            "python3.12", ["/srv/venv/bin/python", "/srv/venv/bin/gunicorn", "--workers=4", "shop.wsgi"],
            "gunicorn shop.wsgi"),
        Run("python3.12", ["python3", "/usr/bin/gunicorn", "shop.wsgi:create_app()"], "gunicorn shop.wsgi:create_app"),
        Run("python3.12", ["python3", "-m", "celery", "--app=shop.tasks", "worker"], "celery shop.tasks"),
        Run("python3.12", ["python3", "-m", "flask", "--app", "shop", "run"], "flask shop"),
        Run("python3.12", ["python3", "manage.py", "runserver", "0.0.0.0:8000"], "manage.py"),
        Run("python3.12", ["python3", "./manage.py", "qcluster"], "manage.py"),
        Run("python3.12", ["python3", "-m", "pdb", "/srv/serve.py"], "pdb"),
        Run("python3.12", ["python3", "/usr/bin/gunicorn", "--name", "secret", "-w", "4", "shop"], "gunicorn shop"),
        Run("python3.12", ["python3", "/usr/bin/gunicorn", "shop:app('secret')"], "gunicorn shop:app"),
        Run(
            "python3.12", ["[celeryd: celery@web1:MainProcess] -active- (-A shop worker)"], "celery", command: "celeryd"
        ),
        Run("python3.11", ["gunicorn: master [shop]"], "gunicorn shop", command: "gunicorn"),
        Run("uwsgi", ["uwsgi", "--ini", "/srv/shop.ini"], "uwsgi", command: "uwsgi"),
        Run("uwsgi-core", ["uwsgi", "--module", "shop.wsgi:app"], "uwsgi", command: "uwsgi"),
        Run("python3.11", ["python3", "-OO", "--", "/srv/serve.py"], "serve.py"),
        Run("python3.11", ["python3", "-"], "python3", command: "python3"),
        Run("python3.11", ["python3", "/srv/tool/__main__.py"], "tool"),
        Run("python3.11", ["python3", "-c", "import secret", "x.py"], "python3", command: "python3"),
        Run("python3.11", ["python3"], "python3", command: "python3"),
        Run(
            "java", ["java", "-Xmx1g", "-Dpassword=secret", "-cp", "a:b", "-jar", "/opt/orders.jar", "x"], "orders.jar"),
        Run(
            "java",
            ["/usr/bin/java", "-cp", "a.jar", "--add-opens", "a/b=c", "@options", "org.apache.kafka.Kafka", "x"],
            "org.apache.kafka.Kafka"),
        Run("java", ["java", "-p", "mods", "-m", "shop/com.shop.Main"], "com.shop.Main"),
        Run(
            "node", ["node", "--max-old-space-size=900", "-r", "dotenv/config", "/srv/server.js", "--token=x"],
            "server.js", command: "node-MainThread"),
        Run("node", ["node", "--unheard-of", "secret", "app.mjs"], "node", command: "MainThread"),
        Run("node", ["node", "--inspect", "app.mjs"], "app.mjs"),
        Run("node", ["node", "-e", "secret()"], "node", command: "node"),
        Run("ruby3.1", ["ruby3.1", "-W2", "-I", "lib", "/usr/bin/bundle", "exec", "puma", "-C", "x"], "puma"),
        Run("perl", ["/usr/bin/perl", "-MFile::Find", "-w", "/usr/sbin/spamd"], "spamd"),
        Run("perl", ["perl", "-ne", "print", "secret"], "perl", command: "perl"),
        Run("php8.2", ["php", "-d", "x=1", "artisan", "queue:work"], "artisan"),
        Run("bash", ["/bin/bash", "-eu", "-o", "pipefail", "/opt/run.sh", "secret"], "run.sh"),
        Run("dash", ["sh", "-c", "secret"], "sh", command: "sh"),
        Run("dotnet", ["dotnet", "/app/Shop.dll", "secret"], "Shop.dll"),
        Run("R", ["/usr/lib/R/bin/exec/R", "--no-echo", "--file=fit.R", "--args", "secret"], "fit.R"),
        Run("renamed-main", ["./renamed-main"], "renamed-main", command: "MainThread"),
        Run("busybox", ["httpd", "-f"], "httpd", command: "httpd"),
        Run(
            "prometheus-node-exporter", ["/usr/bin/prometheus-node-exporter"], "prometheus-node-exporter",
            command: "prometheus-node"),
        Run("systemd", ["(sd-pam)"], "(sd-pam)", command: "(sd-pam)"),
        Run("nginx", ["nginx: master process /usr/sbin/nginx"], "nginx", command: "nginx"),
        Run("redis-check-rdb", ["/usr/bin/redis-server *:6379", ""], "redis-server", command: "redis-server"),
        Run("redis-check-rdb", ["/usr/bin/redis-server", "--port", "1"], "redis-server", command: "redis-server"),
        Run("redis-check-rdb", ["/usr/bin/other *:6379 redis-server"], "redis-check-rdb", command: "redis-server"),
    ]

    @Test(arguments: runs) func `A program is named by its executable, and an interpreter by what it runs`(run: Run)
        throws
    {
        try host.add(
            10, run.command, commandLine: run.arguments.map { "\($0)\0" }.joined(),
            executable: "/usr/bin/\(run.executable)")
        #expect(try groups() == [10: run.group])
    }

    @Test func `A program that is executed from memory has the name of that file`() throws {
        try host.add(10, "3", commandLine: "runc\0init\0", executable: "/memfd:runc_cloned:/proc/self/exe (deleted)")
        #expect(try groups() == [10: "memfd:runc_cloned:/proc/self/exe"])
    }

    @Test func `A thread that renames itself later leaves the group as it is`() throws {
        try host.add(10, "server", executable: "/usr/bin/server")
        var collector = try host.collector()
        #expect(host.groups(try collector.collect(at: host.time(0))) == [10: "server"])
        try host.add(10, "busy 12 of 16", executable: "/usr/bin/server")
        #expect(host.groups(try collector.collect(at: host.time(5))) == [10: "server"])
        var other = try host.collector()
        #expect(host.groups(try other.collect(at: host.time(10))) == [10: "server"])
    }
}
