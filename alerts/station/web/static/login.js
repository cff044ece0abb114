"use strict";
// Sends the password; the page that comes back is the console.
const form = document.getElementById("login");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fault = document.getElementById("fault");
  const body = JSON.stringify(Object.fromEntries(new FormData(form)));
  try {
    const answer = await fetch("/api/login", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    if (answer.ok) return location.reload();
    const said = await answer.json();
    fault.textContent = said.zh ? `${said.zh} / ${said.en}` : "请填写姓名和密码 / fill in both";
  } catch {
    fault.textContent = "连不上驿站服务器 / the server does not answer";
  }
});
