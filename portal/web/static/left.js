// Before anything is painted: a page reached by the back button after "Leave quickly" stays blank (leave.js goes on).
try {
  if (sessionStorage.getItem("left")) document.documentElement.classList.add("gone-away");
} catch {
  // A browser that keeps nothing also remembers no leaving; the session has ended all the same.
}
