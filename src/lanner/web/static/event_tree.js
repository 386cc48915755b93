// One event as folded, searchable JSON. All texts become text nodes, never markup; masked values stay on the
// server until somebody clicks `show`.
import { h } from "vue";

const MARK = /lanner:redacted:[0-9a-f]{16}/;
const MOST_CHILDREN = 200;
const LONGEST_TEXT = 400;
const MOST_MATCHES = 500;
const FOLDED = new Set(["managedFields", "f:metadata", "f:spec", "f:status"]);
// Controls, zero-width and direction-changing characters, which JSON leaves as they are.
const INVISIBLE = /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

class Literal {
  constructor(text) {
    this.text = text;
  }
}

const quote = (text) =>
  JSON.stringify(text).replace(INVISIBLE, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
// Numbers beyond a double are kept as they are written, where the browser tells how.
const parse = (text) =>
  JSON.parse(text, (_key, value, context) =>
    typeof value === "number" && context?.source && String(value) !== context.source ? new Literal(context.source) : value,
  );
const isMarked = (value) => typeof value === "string" && MARK.test(value);
const isBranch = (value) => value !== null && typeof value === "object" && !(value instanceof Literal);
const id = (path) => JSON.stringify(path);
const at = (value, path) => path.reduce((part, step) => part?.[step], value);
const leafText = (value) => (value instanceof Literal ? value.text : typeof value === "string" ? quote(value) : String(value));
const kindOf = (value) => (value instanceof Literal ? "number" : value === null ? "null" : typeof value);

function* walk(root) {
  const waiting = [[[], root]];
  while (waiting.length) {
    const [path, value] = waiting.pop();
    yield [path, value];
    if (isBranch(value)) {
      const keys = Object.keys(value).reverse();
      for (const key of keys) waiting.push([[...path, key], value[key]]);
    }
  }
}

async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export default {
  props: { url: String },
  data() {
    return { text: "", failure: "", query: "", matches: [], current: 0, version: 0, copied: false };
  },
  created() {
    this.reset(null);
    this.load();
  },
  updated() {
    // A button that was clicked away takes the focus with it, and Escape would no longer reach the page.
    if (document.activeElement === document.body) this.$el.focus({ preventScroll: true });
  },
  methods: {
    reset(document) {
      // Kept out of Vue's reactivity: an event may have 100,000 values. `version` asks for a new drawing.
      Object.assign(this, { failure: "", query: "", matches: [], current: 0 });
      this.kept = { document, clear: null, hides: false, open: new Map(), whole: new Set(), shown: new Set(), places: new Map() };
      this.version += 1;
    },
    async load() {
      try {
        const answer = await fetch(this.url, { headers: { Accept: "application/json" } });
        const text = await answer.text();
        if (!answer.ok) throw new Error(answer.status === 404 ? "this event is no longer kept" : text);
        this.text = text;
        this.reset(parse(text));
        // What was redacted when it was stored is nowhere in clear: those marks are shown, as equal ones tell of equal values.
        this.kept.hides = Number(answer.headers.get("X-Lanner-Sensitive")) > 0;
      } catch (error) {
        this.reset(null);
        this.failure = `The event cannot be shown: ${error.message}`;
      }
    },
    async reveal(path) {
      const state = this.kept;
      if (!state.clear) state.clear = parse(await (await fetch(`${this.url}?reveal=true`)).text());
      state.shown.add(id(path));
      this.version += 1;
    },
    isOpen(path) {
      const said = this.kept.open.get(id(path));
      return said ?? (path.length < 2 && !FOLDED.has(path.at(-1)));
    },
    toggle(path) {
      this.kept.open.set(id(path), !this.isOpen(path));
      this.version += 1;
    },
    setAll(open) {
      const state = this.kept;
      state.open.clear();
      let left = 5000;
      for (const [path, value] of walk(state.document)) {
        if (left-- <= 0) break;
        if (isBranch(value) && path.length) state.open.set(id(path), open);
      }
      this.version += 1;
    },
    search(query) {
      this.query = query;
      const state = this.kept;
      this.matches = [];
      this.current = 0;
      state.places.clear();
      const wanted = query.trim().toLowerCase();
      if (wanted.length < 2) return;
      for (const [path, value] of walk(state.document)) {
        const text = `${path.at(-1) ?? ""}\n${isBranch(value) ? "" : leafText(value)}`.toLowerCase();
        if (!text.includes(wanted)) continue;
        state.places.set(id(path), this.matches.push(id(path)) - 1);
        for (let length = 0; length < path.length; length += 1) state.open.set(id(path.slice(0, length)), true);
        if (this.matches.length >= MOST_MATCHES) break;
      }
      this.$nextTick(this.scrollToMatch);
    },
    step(by) {
      if (!this.matches.length) return;
      this.current = (this.current + by + this.matches.length) % this.matches.length;
      this.$nextTick(this.scrollToMatch);
    },
    scrollToMatch() {
      this.$el.querySelector(".found-now")?.scrollIntoView({ block: "nearest" });
    },
    async copy() {
      await copyText(JSON.stringify(JSON.parse(this.text), null, 2));
      this.copied = true;
      setTimeout(() => (this.copied = false), 1500);
    },
    key(path) {
      const name = path.at(-1);
      const inArray = Array.isArray(at(this.kept.document, path.slice(0, -1)));
      return path.length ? [h("span", { class: inArray ? "index" : "key" }, inArray ? name : quote(name).slice(1, -1)), ": "] : null;
    },
    found(path) {
      const place = this.kept.places.get(id(path));
      return { found: place !== undefined, "found-now": place === this.current };
    },
    leaf(path, value) {
      const state = this.kept;
      if (state.hides && isMarked(value) && !state.shown.has(id(path))) {
        return [h("span", { class: "masked" }, "••••••••"), h("button", { type: "button", class: "small show", onClick: () => this.reveal(path) }, "show")];
      }
      const real = state.hides && isMarked(value) ? at(state.clear, path) : value;
      if (isBranch(real)) return [h("span", { class: "value string" }, JSON.stringify(real))];
      const text = leafText(real);
      const whole = text.length <= LONGEST_TEXT || state.whole.has(id(path));
      const more = () => (state.whole.add(id(path)), (this.version += 1));
      return [
        h("span", { class: `value ${kindOf(real)}` }, whole ? text : `${text.slice(0, LONGEST_TEXT)}…`),
        whole ? null : h("button", { type: "button", class: "small", onClick: more }, `all ${text.length} characters`),
      ];
    },
    node(path, value) {
      const classes = ["node", this.found(path)];
      if (!isBranch(value)) return h("div", { class: [...classes, "leaf"], key: id(path) }, [this.key(path), this.leaf(path, value)]);
      const keys = Object.keys(value);
      const open = this.isOpen(path);
      const size = Array.isArray(value) ? `[${keys.length}]` : `{${keys.length}}`;
      const fold = h("button", { type: "button", class: ["fold", { open }], "aria-expanded": open, onClick: () => this.toggle(path) }, [
        this.key(path),
        h("span", { class: "size" }, size),
      ]);
      return h("div", { class: classes, key: id(path) }, [fold, open ? this.children(path, value, keys) : null]);
    },
    children(path, value, keys) {
      const state = this.kept;
      const all = keys.length <= MOST_CHILDREN || state.whole.has(id(path));
      const shown = all ? keys : keys.slice(0, MOST_CHILDREN);
      const more = () => (state.whole.add(id(path)), (this.version += 1));
      return h("div", { class: "children" }, [
        ...shown.map((key) => this.node([...path, key], value[key])),
        all ? null : h("button", { type: "button", class: "small", onClick: more }, `${keys.length - MOST_CHILDREN} more`),
      ]);
    },
    bar() {
      const count = this.query.trim().length < 2 ? "" : this.matches.length ? `${this.current + 1} of ${this.matches.length}` : "nothing found";
      const button = (text, onClick) => h("button", { type: "button", class: "small", onClick }, text);
      return h("div", { class: "tree-bar" }, [
        h("input", {
          type: "search",
          placeholder: "Search in the event",
          "aria-label": "Search in the event",
          value: this.query,
          onInput: (event) => this.search(event.target.value),
          onKeydown: (event) => event.key === "Enter" && (event.preventDefault(), this.step(event.shiftKey ? -1 : 1)),
        }),
        h("span", { class: "hits" }, count),
        button("unfold", () => this.setAll(true)),
        button("fold", () => this.setAll(false)),
        button(this.copied ? "copied" : "copy", this.copy),
      ]);
    },
  },
  render() {
    void this.version;
    const document = this.kept.document;
    const body = this.failure ? h("p", { class: "empty" }, this.failure) : document === null ? null : this.node([], document);
    return h("div", { class: "event-tree", tabindex: -1 }, [this.bar(), h("div", { class: "tree" }, [body])]);
  },
};
