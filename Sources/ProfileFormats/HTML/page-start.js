// Start: reads the tables, shows the page, and reads the times once it is drawn.

function report(problem) {
  element("problem").textContent = problem;
  element("problem").hidden = false;
}

async function start() {
  if (!globalThis.DecompressionStream) {
    report("This browser can't decompress the page's tables: use Chrome 80, Firefox 113, Safari 16.4 or a later one.");
    return;
  }
  const profile = new Profile(await Columns.of("tables"));
  const changes = await Columns.of("changes");
  if (changes) profile.changes = new Changes(changes);
  const page = new Page(profile);
  if (document.readyState === "loading") await new Promise((done) => document.addEventListener("DOMContentLoaded", done));
  // The graph is drawn before the times are read.
  await new Promise((done) => setTimeout(done, 30));
  const times = await Columns.of("times");
  if (times) page.timeline.add(new Times(times, profile));
}

start().catch((error) => report(`The page can't be shown: ${error.message}. Its file may be incomplete.`));
