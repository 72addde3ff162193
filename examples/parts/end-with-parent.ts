// Loaded before a child of the demo: a demo that is killed outright leaves nothing behind that listens.
process.once("disconnect", () => {
  process.kill(process.pid, "SIGTERM");
});
