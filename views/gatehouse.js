// The only script. Every page works without it; it finds its work by attribute. No syntax younger than 2015: a browser
// that cannot parse one line drops the whole file, and with it the form that posts itself.
"use strict";

// A form that carries a message to an application posts itself. Through the prototype: a field may be called "submit".
const autoPost = document.querySelector("form[data-auto-post]");
if (autoPost) HTMLFormElement.prototype.submit.call(autoPost);

// The logout page goes on when every application has answered in its frame, or when the time is up. A frame that is
// back at ours has answered; one that stays at the application's is done when nothing follows for a second.
const afterFrames = document.querySelector("form[data-after-frames]");
if (afterFrames) {
  const waiting = new Set(document.querySelectorAll("iframe[data-logout-frame]"));
  const timers = new Map();
  let gone = false;
  const goOn = () => {
    if (!gone) HTMLFormElement.prototype.submit.call(afterFrames);
    gone = true;
  };
  const done = (frame) => {
    waiting.delete(frame);
    if (waiting.size === 0) goOn();
  };
  const look = (frame) => {
    clearTimeout(timers.get(frame));
    const page = frame.contentDocument;
    if (page === null) timers.set(frame, setTimeout(done, 1000, frame));
    else if (page.URL !== "about:blank" && !page.querySelector("form[data-auto-post]")) done(frame);
  };
  for (const frame of waiting) {
    frame.addEventListener("load", () => look(frame));
    look(frame);
  }
  setTimeout(goOn, Number(afterFrames.dataset.afterFrames));
}

// Times are written in UTC by the server, which does not know where the reader is.
const styles = {
  "date-time": { dateStyle: "long", timeStyle: "short" },
  date: { dateStyle: "long" },
  time: { timeStyle: "short" },
  seconds: { timeStyle: "medium" },
};
for (const time of document.querySelectorAll("time[data-local]")) {
  const style = styles[time.dataset.local];
  if (style) time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, Object.assign({ hourCycle: "h23" }, style)).format(new Date(time.dateTime));
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : document.body;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
  const button = target.closest("button[data-copy]");
  if (!button) return;
  const word = button.querySelector("span") || button;
  navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent).then(
    () => { word.textContent = "Copied"; },
    () => { word.textContent = "Not copied"; },
  );
  setTimeout(() => { word.textContent = "Copy"; }, 2000);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
