/** An invite as a QR code, for the camera of the device that is to join: drawn here, sent nowhere. */
import { html, useState } from "./vendor/htm-preact.js";
import { encode } from "./vendor/uqr.js";

/** What an invite looks like: whether it is whole, the device finds out that joins by it. */
const INVITE = /^skein\d+-[a-z2-7]{16,2000}$/i;

/** A field for the invite that the terminal printed, and its QR code. Nothing of it is kept. */
export function InviteCode() {
  const [text, setText] = useState("");
  const invite = text.trim();
  const isInvite = INVITE.test(invite);
  return html`
    <label>To show the invite as a QR code, paste it here; it stays in this page.
      <input type="text" autocomplete="off" spellcheck=${false} value=${text} onInput=${(event) =>
        setText(event.target.value)} /></label>
    ${invite !== "" && !isInvite &&
      html`<p class="bad" role="alert">This is not an invite: those begin with "skein".</p>`}
    ${isInvite && html`<${Code} text=${invite} />`}
  `;
}

/** One path of squares: dark on light in the dark too, since cameras want it so. */
function Code({ text }) {
  const { data, size } = encode(text, { ecc: "L", border: 4 });
  const squares = data.flatMap((row, y) => row.flatMap((dark, x) => dark ? [`M${x} ${y}h1v1h-1z`] : []));
  return html`
    <svg class="qr" viewBox=${`0 0 ${size} ${size}`} role="img" aria-label="The invite as a QR code">
      <path d=${squares.join("")} />
    </svg>
  `;
}
