"""The command `tenure`, also as `python -m tenure`."""

from tenure.memory import collect_seldom, use_large_pages


def main() -> None:
    """Run the command line in a process whose memory is ready for it."""
    use_large_pages()
    from tenure.cli import main as run

    collect_seldom()
    run()


if __name__ == "__main__":
    main()
