import { Component, type ReactNode } from "react";
import { isServerThere, watchServer } from "../client/server";

/** A page that breaks takes nothing else with it. After an update of the server, the files of a page are other ones. */
export class PageFault extends Component<{ children: ReactNode }, { failure: Error | null }> {
  override state = { failure: null as Error | null };

  #end: () => void = () => undefined;

  /** A page whose files could not be loaded is there again once the server is. */
  override componentDidMount() {
    this.#end = watchServer(() => isServerThere() && this.state.failure !== null && location.reload());
  }

  override componentWillUnmount() {
    this.#end();
  }

  static getDerivedStateFromError(failure: Error) {
    return { failure };
  }

  override render() {
    if (this.state.failure === null) return this.props.children;
    return (
      <div className="note" data-tone="bad" role="alert">
        <p>This page could not be shown: {this.state.failure.message}</p>
        <button className="button" type="button" onClick={() => location.reload()}>
          Load it again
        </button>
      </div>
    );
  }
}
