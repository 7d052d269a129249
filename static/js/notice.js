// Links in e-mails end in `?notice=12`: who has come here by one has read that notice. Without this script it
// stays unread until its button in the inbox is pressed; nothing else is lost.

const here = new URL(location.href);
const notice = here.searchParams.get("notice");

if (notice !== null) {
  here.searchParams.delete("notice");
  history.replaceState(history.state, "", here);
  const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value;
  if (token && /^\d{1,18}$/.test(notice)) {
    fetch(`/inbox/${notice}/open/`, {
      method: "POST",
      headers: { "X-CSRFToken": token, "X-Notice": "read" },
    }).catch(() => {}); // it is still in the inbox
  }
}
