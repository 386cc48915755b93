// The list of alerts. It shows what the server gives, but holds still while somebody reads it:
// under the mouse, scrolled down, or with a line focused. All texts become text nodes, never markup.
import { h } from "vue";

const cell = (name, text, title) => h("span", { class: `cell ${name}`, title }, text);
const folded = (row) => (row.count > 1 ? h("span", { class: "times", title: `${row.count} alerts in a row` }, `×${row.count}`) : null);

export default {
  props: { rows: Array, arrived: Number, turn: Number, live: Boolean, message: String },
  emits: ["ready", "open"],
  data() {
    return { shown: [], shownArrived: 0, shownTurn: 0, hovered: false, focused: false, opened: null };
  },
  computed: {
    waiting() {
      return Math.max(this.arrived - this.shownArrived, 0);
    },
  },
  watch: {
    rows() {
      // What the reader asked for is shown at once; what merely arrives waits.
      if (this.turn !== this.shownTurn || !this.held()) this.apply();
    },
  },
  mounted() {
    this.shown = this.rows || [];
    this.shownArrived = this.arrived || 0;
    window.addEventListener("scroll", this.onScroll, { passive: true });
    this.$emit("ready");
  },
  beforeUnmount() {
    window.removeEventListener("scroll", this.onScroll);
  },
  methods: {
    scrolled() {
      const list = this.$refs.list;
      return list.scrollTop > 4 || list.getBoundingClientRect().top < -4;
    },
    held() {
      return this.shown.length > 0 && (this.hovered || this.focused || this.scrolled());
    },
    apply() {
      this.shown = this.rows;
      this.shownArrived = this.arrived;
      this.shownTurn = this.turn;
    },
    release() {
      if (this.live && !this.held()) this.apply();
    },
    onScroll() {
      if (this.waiting > 0) this.release();
    },
    toTop() {
      this.apply();
      const list = this.$refs.list;
      list.scrollTop = 0;
      if (list.getBoundingClientRect().top < 0) list.scrollIntoView();
    },
    open(row) {
      this.opened = row.key;
      this.$emit("open", row.key);
    },
    line(row) {
      const subject = [row.user, row.acting_as ? h("em", ` as ${row.acting_as}`) : null];
      const target = [h("b", row.verb), ` ${row.target}`, row.namespace ? h("em", ` in ${row.namespace}`) : null];
      return h(
        "button",
        {
          key: row.key,
          class: ["alert", `sev-${row.priority.toLowerCase()}`, { opened: row.key === this.opened }],
          type: "button",
          onClick: () => this.open(row),
        },
        [
          h("span", { class: "cell severity" }, [h("i", { class: "mark" }), row.priority]),
          cell("time", row.clock, row.time),
          h("span", { class: "cell rule", title: row.rule }, [h("span", { class: "name" }, row.rule), folded(row)]),
          h("span", { class: "cell user", title: row.user }, subject),
          h("span", { class: "cell target", title: `${row.verb} ${row.target} ${row.namespace}` }, target),
          h("span", { class: ["cell", "code", { refused: row.code >= 400 }], title: "answer of the API server" }, row.code || ""),
          cell("output", row.output, row.output),
        ],
      );
    },
  },
  render() {
    const news =
      this.live && this.waiting > 0
        ? h("button", { class: "news", type: "button", onClick: this.toTop }, `${this.waiting} new ${this.waiting === 1 ? "alert" : "alerts"}`)
        : null;
    const empty = this.shown.length === 0 ? h("p", { class: "empty" }, this.message) : null;
    const reading = {
      onPointerenter: (event) => (this.hovered = event.pointerType === "mouse"),
      onPointerleave: () => ((this.hovered = false), this.release()),
    };
    return h("div", { class: "alert-list", ...reading }, [
      news,
      h(
        "div",
        {
          ref: "list",
          class: "scroller",
          onFocusin: (event) => (this.focused = event.target.matches(":focus-visible")),
          onFocusout: () => ((this.focused = false), this.release()),
          onScrollPassive: this.onScroll,
        },
        [...this.shown.map(this.line), empty],
      ),
    ]);
  },
};
