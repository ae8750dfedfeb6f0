// A button on each block of commands, which copies them; a page that opens from disk may not be allowed to.
for (const block of document.querySelectorAll("div.highlight-console div.highlight, div.highlight-bash div.highlight")) {
  const button = document.createElement("button");
  button.className = "copy";
  button.type = "button";
  button.textContent = "Copy";
  const commands = block.querySelector("pre").textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(commands);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed here";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  block.append(button);
}
