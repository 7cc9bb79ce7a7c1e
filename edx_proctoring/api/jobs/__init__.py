"""Jobs: what staff order for many learners at once. Contract: contract/staff-jobs.

How it works. ``creating.request_job`` writes a job with one row per target and works on it for some seconds; what is
left is done by ``working.work_on`` (the client's next request, a Celery task, or the sweeper). One process works on a
job at a time, by a lease; a row's change and its outcome are one transaction, so a process that is killed repeats
nothing.

To add a kind of job:

1. Write a class in this package, a subclass of ``kinds.OneByOne`` (each row by itself, such as a reset that calls the
   provider) or of ``kinds.InBatches`` (500 rows in one transaction), with a ``name``, ``plan`` and ``carry_out``.
   ``plan`` says what would happen and writes nothing; a dry run is nothing but ``plan``.
2. Decorate it with ``@kinds.register``, and import its module in ``edx_proctoring.api``.
3. Request it with ``request_job(name, targets, …)``. What a row needs besides exam, learner and attempt is given as
   ``Target.data`` and found in ``row.result_data``; what all rows need is in ``parameters``. A target that cannot be
   done (an unknown learner in a file) is given its outcome at once, ``Target.outcome``.
4. Raise the exceptions of the service layer: ``kinds.failure_of`` turns them into codes, and one row's failure never
   stops the others.

``reset_and_resume.Resume`` is the shortest example, ``extending.Extend`` the one with batches.
"""
